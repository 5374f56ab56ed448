import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { aws, type TestAws } from '../../harness/aws.ts'
import { header, ingestionApi, mebibyte, sha256, type TestIngestionApi } from '../../harness/ingestion-api.ts'
import { pipeline, type Pipeline } from '../../harness/pipeline.ts'
import { testSystem } from '../../harness/system.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

/** Needs a versioned bucket, as on AWS. */
if (!testSystem().keepsVersions) throw new Error('The store keeps no versions: run `npm run test:emulators -- test/system/emulators/versions.ts`')

const csv = `${header}CNGGZ,EETLL,2021-01-05,100\n`
const other = csv.replace('100', '999')

type Where = Pick<TestAws, 's3' | 'bucket'>
const put = ({ s3, bucket }: Where, key: string, body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
/** Resolves with the number of versions and of delete markers of objects whose key has this prefix. */
async function versions ({ s3, bucket }: Where, prefix: string): Promise<[versions: number, markers: number]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }))
  return [Versions.length, DeleteMarkers.length]
}
const pricesOf = async (sql: Pipeline['db']['migrator']): Promise<number[]> =>
  (await sql`select price::float8 as price from all_prices`).map(({ price }) => price as number)

t.test('the objects of a batch', async t => {
  const at = await aws(t)
  const store = openStore(at.s3, at.bucket)
  const putStream = (key: string, content: string | Buffer) => store.putStream(key, Readable.from([Buffer.from(content)]), 'text/csv')

  for (const [size, first] of [['in one PUT', Buffer.from('first')], ['in parts', Buffer.alloc(6 * mebibyte, 'x')]] as const) {
    t.test(`a payload ${size} is read as it was, after it was overwritten and deleted`, async t => {
      const key = `incoming/demo/${first.length}`
      const payload = await putStream(key, first)
      t.type(payload.versionId, 'string')
      await putStream(key, 'second')
      t.ok((await buffer(await store.openPayload(payload))).equals(first))
      await at.s3.send(new DeleteObjectCommand({ Bucket: at.bucket, Key: key }))
      t.same(await versions(at, key), [2, 1])
      t.ok((await buffer(await store.openPayload(payload))).equals(first))
      t.equal(await store.payloadState(payload), 'stored')
    })
  }

  t.test('a deleted payload is one version, and leaves no delete marker', async t => {
    const [first, second] = [await putStream('incoming/demo/1', 'first'), await putStream('incoming/demo/1', 'second')]
    await store.deletePayload(second)
    t.same(await versions(at, 'incoming/demo/1'), [1, 0])
    t.equal(await text(await store.openPayload(first)), 'first')
    await t.rejects(store.openPayload(second), { name: 'NoSuchVersion' })
    t.equal(await store.payloadState(second), 'missing')
  })

  t.test('a pending record is pending until it is deleted, although its versions remain', async t => {
    const id = '0'.repeat(64)
    await store.putPending(id, { key: 'k', versionId: 'v', etag: 'e' })
    await store.putPending(id, { key: 'k', versionId: 'w', etag: 'e' })
    t.match(await store.readPending(id), { versionId: 'w' })
    await store.deletePending(id)
    t.equal(await store.isPending(id), false)
    t.equal(await store.readPending(id), null)
    t.same(await Array.fromAsync(store.listPending()), [])
    t.same(await versions(at, 'pending/'), [2, 1])
  })
})

for (const [what, damage] of [
  ['overwritten', (it: Pipeline, key: string) => put(it.aws, key, other)],
  ['deleted', (it: Pipeline, key: string) => it.aws.s3.send(new DeleteObjectCommand({ Bucket: it.aws.bucket, Key: key }))],
] as const) {
  t.test(`a payload that is ${what} after the acceptance is applied as it was accepted`, async t => {
    const it = await pipeline(t, { maxReceives: 1 })
    const { id, payload } = await it.submit(csv)
    await damage(it, payload.key)
    startWorker(t, it)
    t.match(await it.settled(id, 'applied', 'rejected', 'dead_lettered'), { state: 'applied' })
    t.same(await pricesOf(it.db.migrator), [100])
  })
}

t.test('a payload whose version is deleted is a dead letter with that reason', async t => {
  const it = await pipeline(t)
  const { id, payload } = await it.submit(csv)
  await it.store.deletePayload(payload)
  await put(it.aws, payload.key, csv)
  startWorker(t, it)
  t.match(await it.settled(id, 'applied', 'rejected', 'dead_lettered'), { state: 'dead_lettered', reason: /^NoSuchVersion: / })
})

t.test('a repeated request leaves no version of its payload', async t => {
  const api = await ingestionApi(t)
  for (let times = 0; times < 3; times++) t.equal((await api.submit(csv)).status, 202)
  await waitFor(async () => String(await versions(api.aws, 'incoming/')) === '1,0')
})

t.test('an upload is the version that existed when it was named', async t => {
  const api = await ingestionApi(t)
  const { upload } = await uploaded(api, csv)
  const named = await post(api, '/batches', { upload })
  t.match(named, { status: 202, body: { state: 'queued' } })
  t.type((await api.manifest(named.body.id)).payload.versionId, 'string')
  await put(api.aws, `incoming/demo/${upload}`, other)
  work(t, api)
  await waitFor(async () => ['applied', 'rejected', 'dead_lettered'].includes((await api.call(`/batches/${named.body.id}`)).body.state))
  t.match(await api.call(`/batches/${named.body.id}`), { body: { state: 'applied', rows: 1 } })
  t.same(await pricesOf(api.db.migrator), [100])
})

t.test('an upload that was overwritten before it was named is the announced file, or a dead letter', async t => {
  const api = await ingestionApi(t, { maxReceives: 1 })
  const { upload } = await uploaded(api, csv)
  await put(api.aws, `incoming/demo/${upload}`, other)
  const { body: { id } } = await post(api, '/batches', { upload })
  work(t, api)
  await waitFor(async () => ['applied', 'rejected', 'dead_lettered'].includes((await api.call(`/batches/${id}`)).body.state))
  t.match(await api.call(`/batches/${id}`), { body: { state: 'dead_lettered', reason: /^DIGEST_MISMATCH: / } })
  t.same(await pricesOf(api.db.migrator), [])
})

const post = (api: TestIngestionApi, path: string, body: object) =>
  api.call(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

/** Announces a file and puts it to the presigned URL of the response. */
async function uploaded (api: TestIngestionApi, file: string): Promise<{ upload: string }> {
  const { body } = await post(api, '/uploads', { bytes: file.length, sha256: sha256(file), content_type: 'text/csv' })
  const { 'content-length': _set, ...headers } = body.headers
  const { status } = await fetch(body.url, { method: 'PUT', body: file, headers })
  if (status !== 200) throw new Error(`PUT responded with ${status}`)
  return body
}

function work (t: Test, { aws, db }: TestIngestionApi): void {
  const [store, queue, deadLetters] = [openStore(aws.s3, aws.bucket), openQueue(aws.sqs, aws.queueUrl), openQueue(aws.sqs, aws.deadLetterQueueUrl)]
  startWorker(t, { db, aws, store, queue, deadLetters } as Pipeline, { secondLookMs: 200 })
}
