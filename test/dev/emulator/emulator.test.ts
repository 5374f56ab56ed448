import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import {
  ChangeMessageVisibilityCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, type Message, type SQSClient,
} from '@aws-sdk/client-sqs'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { startEmulator } from '../../../dev/emulator/emulator.ts'
import { bucket, deadLetterQueue, createResources, queue, queueUrl, region } from '../../../dev/emulator/resources.ts'
import { openS3, openSqs } from '../../../lib/process/aws.ts'

process.env.AWS_ACCESS_KEY_ID = 'test'
process.env.AWS_SECRET_ACCESS_KEY = 'test'

async function start (t: Test, dataDir: string) {
  const { port, stop } = await startEmulator({ port: 0, host: '127.0.0.1', dataDir })
  const endpoint = `http://127.0.0.1:${port}`
  await createResources(endpoint)
  const [sqs, s3] = [openSqs({ region, endpoint }), openS3({ region, endpoint })]
  t.teardown(async () => {
    sqs.destroy()
    s3.destroy()
    await stop()
  })
  return { port, sqs, s3, url: queueUrl(endpoint, queue), deadUrl: queueUrl(endpoint, deadLetterQueue), stop }
}

async function receive (sqs: SQSClient, url: string): Promise<Message | undefined> {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ['ApproximateReceiveCount'] }))
  return Messages?.[0]
}

t.test('the queues are those that the services expect, at each start', async t => {
  const dataDir = t.testdir()
  for (let round = 0; round < 2; round++) {
    const { sqs, url, deadUrl, stop } = await start(t, dataDir)
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))
    t.match(Attributes, { FifoQueue: 'true', ContentBasedDeduplication: 'false', VisibilityTimeout: '30', MessageRetentionPeriod: '1209600' })
    const { Attributes: dead } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ['All'] }))
    t.same(JSON.parse(Attributes!.RedrivePolicy!), { deadLetterTargetArn: dead!.QueueArn, maxReceiveCount: 10 })
    t.match(dead, { FifoQueue: 'true', MessageRetentionPeriod: '1209600' })
    await stop()
  }
})

t.test('a released message is visible at once, its receives still count, also after a restart', async t => {
  const dataDir = t.testdir()
  const first = await start(t, dataDir)
  await first.sqs.send(new SendMessageCommand({ QueueUrl: first.url, MessageBody: 'one', MessageGroupId: 'g', MessageDeduplicationId: '1' }))
  for (const count of ['1', '2']) {
    const message = await receive(first.sqs, first.url)
    t.equal(message?.Attributes?.ApproximateReceiveCount, count)
    const { ReceiptHandle } = message!
    await first.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: first.url, ReceiptHandle, VisibilityTimeout: 0 }))
  }
  await first.stop()
  const second = await start(t, dataDir)
  t.match(await receive(second.sqs, second.url), { Body: 'one', Attributes: { ApproximateReceiveCount: '3' } })
})

t.test('If-None-Match: * keeps an existing object', async t => {
  const { s3 } = await start(t, t.testdir())
  const put = (Body: string, condition = {}): Promise<unknown> => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a/b.json', Body, ...condition }))
  await put('first', { IfNoneMatch: '*' })
  await t.rejects(put('second', { IfNoneMatch: '*' }), { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } })
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a/b.json' }))
  t.equal(await Body!.transformToString(), 'first')
  await put('third')
  const overwritten = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a/b.json' }))
  t.equal(await overwritten.Body!.transformToString(), 'third', 'unconditional PUTs overwrite')
})

t.test('objects of more than 11 MiB in one PUT', async t => {
  const { s3 } = await start(t, t.testdir())
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'big', Body: Buffer.alloc(12 * 1024 * 1024) }))
  t.match(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'big' })), { ContentLength: 12 * 1024 * 1024 })
})

t.test('a half-written file of a kill -9 does not prevent the start', async t => {
  const dataDir = t.testdir()
  const { s3, stop } = await start(t, dataDir)
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'complete', Body: 'complete' }))
  await stop()
  writeFileSync(join(dataDir, 's3/buckets', bucket, 'objects/torn.meta.json'), '{"key":"to')
  mkdirSync(join(dataDir, 's3/_multipart/x/parts'), { recursive: true })
  writeFileSync(join(dataDir, 's3/_multipart/x/.upload.json'), '')
  const again = await start(t, dataDir)
  t.equal(await (await again.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'complete' }))).Body!.transformToString(), 'complete')
})

const other = Object.values(networkInterfaces()).flat().find(address => address?.family === 'IPv4' && !address.internal)?.address
t.test('other machines on the network cannot reach the emulator', { skip: !other && 'needs another address' }, async t => {
  const { port } = await start(t, t.testdir())
  await t.rejects(once(createConnection({ host: other!, port }), 'connect'), { code: 'ECONNREFUSED' })
})
