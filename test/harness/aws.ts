import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, PutBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Test } from 'tap'
import { openS3, openSqs } from '../../lib/process/aws.ts'
import { testSystem } from './system.ts'

export type TestAws = {
  s3: S3Client
  sqs: SQSClient
  bucket: string
  queueUrl: string
  deadLetterQueueUrl: string
  region: string
  endpoint: string
  /** Environment variables that a process needs to use these resources. */
  env: Record<string, string>
}

export type AwsOptions = {
  visibilitySeconds?: number
  maxReceives?: number
  /** Address of the emulator. @default that of the run, or a proxy in front of it */
  endpoint?: string
  /** Whether the bucket is versioned. @default the setting of the run */
  versioned?: boolean
}

/** Creates a bucket and a pair of FIFO queues for the test alone. */
export async function aws (t: Test, options: AwsOptions = {}): Promise<TestAws> {
  const { visibilitySeconds = 30, maxReceives = 10, endpoint = testSystem().awsEndpoint, versioned = testSystem().keepsVersions } = options
  const region = 'eu-west-1'
  process.env.AWS_ACCESS_KEY_ID ??= 'test'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test'
  const s3 = openS3({ region, endpoint })
  const sqs = openSqs({ region, endpoint })
  t.teardown(() => { s3.destroy(); sqs.destroy() })
  const name = `test-${randomUUID()}`
  await s3.send(new CreateBucketCommand({ Bucket: name }))
  if (versioned) await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }))
  const deadLetterQueueUrl = await createQueue(sqs, `${name}-dead.fifo`, {})
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }))
  const queueUrl = await createQueue(sqs, `${name}.fifo`, {
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes!.QueueArn, maxReceiveCount: maxReceives }),
  })
  const env = {
    QUEUE_URL: queueUrl, DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl, PAYLOAD_BUCKET: name,
    AWS_REGION: region, AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test',
  }
  return { s3, sqs, bucket: name, queueUrl, deadLetterQueueUrl, region, endpoint, env }
}

async function createQueue (sqs: SQSClient, name: string, attributes: Record<string, string>): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { FifoQueue: 'true', ...attributes } }))
  return QueueUrl!
}
