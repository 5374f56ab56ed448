import { S3Client } from '@aws-sdk/client-s3'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'

export type AwsOptions = {
  region: string
  /** Address of an emulator; undefined on AWS. */
  endpoint?: string | undefined
}

/** Limits of every call, in ms. They detect a dead connection. */
const requestHandler = { connectionTimeout: 3_000, requestTimeout: 30_000, throwOnRequestTimeout: true }

export function openS3 ({ region, endpoint }: AwsOptions): S3Client {
  return new S3Client({
    region,
    maxAttempts: 3,
    requestHandler,
    // The worker checks the digest of the manifest end to end. The SDK's own checksums would buffer streams.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
  })
}

export function openSqs ({ region, endpoint }: AwsOptions): SQSClient {
  return new SQSClient({
    region,
    maxAttempts: 3,
    requestHandler,
    // The queue URLs of an emulator name hosts that do not resolve, so the client sends requests to the endpoint.
    ...(endpoint ? { endpoint, useQueueUrlAsEndpoint: false } : {}),
  })
}

export function openSecrets ({ region }: { region?: string | undefined }): SecretsManagerClient {
  return new SecretsManagerClient({ maxAttempts: 2, requestHandler: { ...requestHandler, requestTimeout: 5_000 }, ...(region ? { region } : {}) })
}
