import { createHash } from 'node:crypto'
import { GetObjectCommand, ListObjectsV2Command, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { promisify } from 'node:util'
import { pino } from 'pino'
import type { Test } from 'tap'
import { buildIngestionApi } from '../../services/ingestion-api/app.ts'
import type { Dependencies } from '../../services/ingestion-api/context.ts'
import type { Manifest } from '../../lib/batch/batch.ts'
import { openQueue } from '../../lib/batch/queue.ts'
import { openStore } from '../../lib/batch/store/store.ts'
import { openUploads } from '../../lib/batch/store/uploads.ts'
import { openMetrics, type Metrics } from '../../lib/metrics/metrics.ts'
import { openS3, openSqs } from '../../lib/process/aws.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import type { ApiKey } from '../../lib/api-keys/api-keys.ts'
import { aws, type AwsOptions, type TestAws } from './aws.ts'
import { awsProxy, type AwsProxy } from './aws-proxy.ts'
import { database, type TestDatabase } from './database.ts'
import { undocumented, type OpenApi } from './openapi.ts'
import { waitFor } from './wait.ts'

export const mebibyte = 1024 * 1024
export const header = 'orig_code,dest_code,day,price\n'
export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

/** Keys of two providers with both rights, and of two providers with one right each. A key's text is its provider's name and "-key". */
export const testKeys: ApiKey[] = [
  { provider: 'demo', sha256: sha256('demo-key'), scopes: ['submit', 'read'] },
  { provider: 'demo', sha256: sha256('demo-new-key'), scopes: ['submit', 'read'] },
  { provider: 'other', sha256: sha256('other-key'), scopes: ['submit', 'read'] },
  { provider: 'sender', sha256: sha256('sender-key'), scopes: ['submit'] },
  { provider: 'reader', sha256: sha256('reader-key'), scopes: ['read'] },
  { provider: 'operator', sha256: sha256('operator-key'), scopes: ['admin'] },
]

export type Result = { status: number, headers: Headers, body: any, text: string }
type Body = RequestInit['body']
export type Call = { as?: string | null, headers?: Record<string, string>, method?: string, body?: Body }

export type TestIngestionApi = {
  url: string
  /** Resolves with the number of connected clients. */
  connections: () => Promise<number>
  metrics: Metrics
  db: TestDatabase
  aws: TestAws
  proxy: AwsProxy
  /** Sends a request as provider `demo` unless `as` says otherwise; null sends no key. The response is checked against /openapi.json. */
  call: (path: string, options?: Call) => Promise<Result>
  /** Sends `POST /batches`, as CSV unless the headers say otherwise. */
  submit: (body: Body, options?: Call & { path?: string }) => Promise<Result>
  objects: (prefix: string) => Promise<string[]>
  unfinishedUploads: () => Promise<number>
  manifest: (id: string) => Promise<Manifest>
  putObject: (key: string, body: string) => Promise<void>
  /** Receives and deletes all messages in the queue, and resolves with every message so far. For tests without a worker. */
  messages: () => Promise<QueuedMessage[]>
  /** Resolves with the number of messages in the queue, including those in flight. */
  queued: () => Promise<number>
  /** Resolves with the object that a manifest pins. */
  payload: (manifest: Manifest) => Promise<Buffer>
  /** Resolves when no pending record is left and each accepted batch has its row. */
  settled: () => Promise<void>
}

export type Options = AwsOptions & { limits?: Partial<Dependencies['limits']>, databaseUrl?: string }

/** Starts the ingestion API with its own database, store and queue. The store and the queue are behind a proxy that injects faults. */
export async function ingestionApi (t: Test, { limits, databaseUrl, ...resourceOptions }: Options = {}): Promise<TestIngestionApi> {
  const proxy = await awsProxy(t)
  const [db, resources] = await Promise.all([database(t), aws(t, resourceOptions)])
  const through = { region: resources.region, endpoint: proxy.endpoint }
  const [s3, sqs] = [openS3(through), openSqs(through)]
  const sql = databaseUrl === undefined ? db.open('ingestion_api') : openDatabase({ url: databaseUrl, process: 'test', poolSize: 4 })
  const metrics = openMetrics('ingestion-api')
  const app = await buildIngestionApi({
    store: openStore(s3, resources.bucket),
    uploads: openUploads(s3, s3, resources.bucket),
    queue: openQueue(sqs, resources.queueUrl),
    sql,
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    metrics,
    keys: () => testKeys,
    limits: {
      maxBytes: 8 * mebibyte, maxDecodedBytes: 16 * mebibyte, idleMs: 5_000, totalMs: 20_000,
      bodiesAtOnce: 100, bodiesAtOncePerProvider: 90, batchesPerMinute: 10_000, readsPerMinute: 1_000_000, unfinishedBatches: 100_000,
      waitMaxSeconds: 20, waiters: 1_000, slowResponseMs: 2_000, ...limits,
    },
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    await app.close()
    await sql.end({ timeout: 1 })
    s3.destroy()
    sqs.destroy()
  })
  const connections = promisify(app.server.getConnections.bind(app.server)) as () => Promise<number>
  const calls = client(t, url, () => app.swagger() as unknown as OpenApi)
  return { url, connections, metrics, db, aws: resources, proxy, ...calls, ...inspect(resources, db) }
}

/** Returns the calls of a provider. Each response is checked against the document. */
export function client (t: Test, url: string, document: () => OpenApi): Pick<TestIngestionApi, 'call' | 'submit'> {
  async function call (path: string, { as = 'demo', headers = {}, method = 'GET', body = null }: Call = {}): Promise<Result> {
    const authorization: Record<string, string> = as === null ? {} : { authorization: `Bearer ${as}-key` }
    const init = { method, body, headers: { ...authorization, ...headers }, ...(body ? { duplex: 'half' } : {}) }
    const response = await fetch(new URL(path, url), init as RequestInit)
    const text = await response.text()
    const type = response.headers.get('content-type')
    const wrong = undocumented(document(), method, path, { status: response.status, type, body: text })
    if (wrong.length > 0) t.fail(wrong.join('; '))
    return { status: response.status, headers: response.headers, text, body: /^application\/(problem\+)?json/.test(type ?? '') ? JSON.parse(text) : text }
  }
  return {
    call,
    submit: (body, { path = '/batches', headers, ...options } = {}) =>
      call(path, { method: 'POST', body, headers: { 'content-type': 'text/csv', ...headers }, ...options }),
  }
}

export type QueuedMessage = { id: string, group: string, deduplicationId: string }
type Inspection = Pick<TestIngestionApi, 'objects' | 'unfinishedUploads' | 'manifest' | 'putObject' | 'payload' | 'messages' | 'queued' | 'settled'>

/** Returns the inspection of the store and the queue, past the proxy. */
export function inspect ({ s3, sqs, bucket, queueUrl }: TestAws, db: TestDatabase): Inspection {
  const received: QueuedMessage[] = []
  async function objects (prefix: string): Promise<string[]> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
    return Contents.map(({ Key }) => Key!)
  }
  return {
    objects,
    async unfinishedUploads () {
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      return Uploads.length
    },
    async manifest (id) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `batches/${id}.json` }))
      return JSON.parse(await Body!.transformToString()) as Manifest
    },
    async putObject (key, body) { await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body })) },
    async messages () {
      // The next message of a group is delivered after the message before it is deleted.
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({
          QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0, MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
        }))
        if (Messages.length === 0) return [...received]
        for (const { Body, ReceiptHandle, Attributes } of Messages) {
          received.push({ id: JSON.parse(Body!).id, group: Attributes!.MessageGroupId!, deduplicationId: Attributes!.MessageDeduplicationId! })
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }))
        }
      }
    },
    queued: () => openQueue(sqs, queueUrl).countMessages(),
    async payload ({ payload }) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: payload.key, IfMatch: payload.etag }))
      return Buffer.from(await Body!.transformToByteArray())
    },
    settled: () => waitFor(async () => {
      const [pending, manifests, rows] = await Promise.all([objects('pending/'), objects('batches/'), db.migrator`select id from batches`])
      return pending.length === 0 && manifests.length === rows.length
    }),
  }
}
