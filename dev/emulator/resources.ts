/** Resources of the services. Missing ones are created, existing ones updated. */
export const bucket = 'freight-payloads'
export const queue = 'batches.fifo'
export const deadLetterQueue = 'batches-dead.fifo'
export const region = 'eu-west-1'
const account = '000000000000'

const retention = { MessageRetentionPeriod: String(14 * 24 * 60 * 60) } // seconds: 14 days, the maximum of SQS
const attributes: Record<string, Record<string, string>> = {
  [deadLetterQueue]: retention,
  [queue]: {
    ...retention,
    VisibilityTimeout: '30', // seconds, until the message of a worker that was killed is visible again
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:${region}:${account}:${deadLetterQueue}`, maxReceiveCount: 10 }),
  },
}

export const queueUrl = (endpoint: string, name: string): string => `${endpoint}/${account}/${name}`

export async function createResources (endpoint: string): Promise<void> {
  for (const [name, changeable] of Object.entries(attributes)) {
    await sqs(endpoint, 'CreateQueue', { QueueName: name, Attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'false' } })
    await sqs(endpoint, 'SetQueueAttributes', { QueueUrl: queueUrl(endpoint, name), Attributes: changeable })
  }
  await expectOk(await fetch(`${endpoint}/${bucket}`, { method: 'PUT' }))
}

/** Sends a request like the SDK, without the half second of loading it. The emulator reads the region from the signature, unchecked. */
async function sqs (endpoint: string, action: string, body: object): Promise<void> {
  await expectOk(await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=local/20210101/${region}/sqs/aws4_request`,
    },
    body: JSON.stringify(body),
  }))
}

async function expectOk (response: Response): Promise<void> {
  if (!response.ok) throw new Error(`The emulator responded ${response.status}: ${await response.text()}`)
}
