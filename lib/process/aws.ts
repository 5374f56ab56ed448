import { S3Client } from '@aws-sdk/client-s3'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'

export type AwsOptions = {
  region: string
  /** Address of an emulator; undefined on AWS. */
  endpoint?: string | undefined
}

/** Bounds on every call, so that a link that has gone dead is noticed: milliseconds. */
const requestHandler = { connectionTimeout: 3_000, requestTimeout: 30_000, throwOnRequestTimeout: true }

export function openS3 ({ region, endpoint }: AwsOptions): S3Client {
  return new S3Client({
    region,
    maxAttempts: 3,
    requestHandler,
    // The digest in the manifest is checked end to end; the client's own checksums would buffer streams.
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
    // An emulator's queue addresses name hosts that do not resolve: the client goes to the endpoint it was given.
    ...(endpoint ? { endpoint, useQueueUrlAsEndpoint: false } : {}),
  })
}

export function openSecrets ({ region }: { region?: string | undefined }): SecretsManagerClient {
  return new SecretsManagerClient({ maxAttempts: 2, requestHandler: { ...requestHandler, requestTimeout: 5_000 }, ...(region ? { region } : {}) })
}
