import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { actOn } from '../../../../../lib/batch/dead-letters.ts'
import { withdrawalId } from '../../../../../lib/batch/withdrawal.ts'
import { accept } from '../../../../../lib/batch/accept.ts'
import type { Format, Manifest } from '../../../../../lib/batch/batch.ts'
import { createManifest } from '../../../../../lib/batch/create-manifest.ts'
import { applyBatch } from '../../../../../services/ingestion-worker/apply/apply.ts'
import type { Outcome } from '../../../../../services/ingestion-worker/apply/outcome.ts'
import { findUnknown, maxUnknown } from '../../../../../services/ingestion-worker/apply/duplicate/duplicate.ts'
import { beginAttempt } from '../../../../../services/ingestion-worker/receive/attempt.ts'
import { openDatabase } from '../../../../../lib/postgres/database.ts'
import { commits } from '../../../../harness/call-labels.ts'
import { tcpProxy } from '../../../../harness/tcp-proxy.ts'
import { sha256 } from '../../../../harness/ingestion-api.ts'
import { lockBatchLanes } from '../../../../harness/lock.ts'
import { waitLimitMs } from '../../../../harness/patience.ts'
import { restorePayload } from '../../../../harness/payloads.ts'
import { pipeline, type Pipeline } from '../../../../harness/pipeline.ts'
import { waitFor } from '../../../../harness/wait.ts'
import { startWorker } from '../../../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const limits = { maxRows: 10, maxRowBytes: 1_000, maxDecodedBytes: 1_000, maxPriceUsd: 1_000_000 }
t.jobs = 3
const atOnce = { buffered: true }

/** Queues a compressed upload under its own key: no other batch is known to have its content. */
async function upload (it: Pipeline, { content = csv, level = 6, format = 'csv', provider = 'demo' }: {
  content?: string, level?: number, format?: Format, provider?: string
} = {}): Promise<Manifest> {
  const file = gzipSync(content, { level })
  const value = randomUUID()
  const payload = await it.store.putStream(`incoming/${provider}/${value}`, Readable.from([file]), 'application/gzip')
  const { manifest } = await accept(it.store, it.queue, createManifest({
    format, encoding: 'gzip', digest: sha256(file), digestOf: 'payload', bytes: file.length, decodedBytes: null, payload,
    contentName: { kind: 'upload', value },
  }, { provider, mode: 'apply' }))
  await it.store.deletePending(manifest.id)
  return manifest
}

async function apply (it: Pipeline, manifest: Manifest, sql = it.db.open('ingestion_worker')): Promise<Outcome> {
  const attempt = await beginAttempt(sql, manifest, 'test')
  return await applyBatch({ sql, store: it.store, limits, signal: new AbortController().signal, onProgress: () => {} }, manifest, attempt!)
}

async function prices (t: Test, { db: { migrator } }: Pipeline, expected: number): Promise<void> {
  t.equal((await migrator`select 1 from all_prices`).length, expected)
}

t.test('of two concurrent batches with one content one is applied, the other is rejected and names it', atOnce, async t => {
  const it = await pipeline(t)
  const [plain, zipped] = [await it.submit(csv), await upload(it)]
  const lock = await lockBatchLanes(t, it.db)
  const outcomes = Promise.all([apply(it, plain), apply(it, zipped)])
  await lock.awaited()
  await waitFor(async () => (await it.db.migrator`
    select 1 from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`).length === 1)
  await lock.release()
  t.strictSame((await outcomes).sort(), ['applied', 'rejected'])
  const [applied] = await it.db.migrator`select id, content_digest from batches where state = 'applied'`
  t.match(applied, { content_digest: sha256(csv) })
  t.match(await it.db.migrator`select row_count, error_count, first_errors, content_digest from batches where state = 'rejected'`,
    [{ row_count: 1, error_count: 1, first_errors: [{ row: 0, column: null, value: applied!.id, code: 'duplicate' }], content_digest: null }])
  await prices(t, it, 1)
})

t.test('other files of the same content are duplicates; other formats, providers, contents and batches with a key are not', atOnce, async t => {
  const it = await pipeline(t)
  t.equal(await apply(it, await upload(it)), 'applied')
  t.equal(await apply(it, await upload(it, { level: 1 })), 'rejected')
  t.equal(await apply(it, await upload(it, { provider: 'demo-2' })), 'applied')
  t.equal(await apply(it, await upload(it, { content: csv.replace('100', '101') })), 'applied')
  t.equal(await apply(it, await it.submit(csv, { key: 'another' })), 'applied')
  t.equal(await apply(it, await it.submit(csv.replace('100', '102'), { key: 'first' })), 'applied')
  t.equal(await apply(it, await it.submit(csv.replace('100', '102'))), 'applied', 'a batch with a key is no duplicate of one without')
  t.equal(await apply(it, await it.submit(csv, { mode: 'dry_run' })), 'validated')

  // A text that two formats accept: an array over several lines is JSON, and its only row line is NDJSON without the brackets.
  const row = '{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-01-05","price":105}'
  t.equal(await apply(it, await upload(it, { content: row, format: 'ndjson' })), 'applied')
  t.equal(await apply(it, await upload(it, { content: row, format: 'ndjson' })), 'rejected')
  await it.db.migrator`update batches set format = 'json' where format = 'ndjson' and state = 'applied'`
  t.equal(await apply(it, await upload(it, { content: row, format: 'ndjson' })), 'applied', 'the earlier batch has another format')
})

t.test('a commit whose response is lost: the batch is not its own duplicate, and the message is deleted', atOnce, async t => {
  const it = await pipeline(t)
  const url = new URL(it.db.url('ingestion_worker'))
  const proxy = await tcpProxy(Number(url.port), commits)
  url.port = String(proxy.port)
  const sql = openDatabase({ url: url.href, process: 'test', poolSize: 4 })
  t.teardown(async () => {
    await sql.end({ timeout: 1 })
    proxy.close()
  })
  const manifest = await upload(it)
  const attempt = await beginAttempt(sql, manifest, 'test')
  let inTransaction = false
  const options = { sql, store: it.store, limits, signal: new AbortController().signal, onProgress: () => {} }
  await t.rejects(applyBatch({
    ...options,
    onStep (step) {
      if (step !== 'load') return
      inTransaction = true
      proxy.trap('commit', 'after', AbortSignal.timeout(waitLimitMs), () => {})
    },
  }, manifest, attempt!), { code: /CONNECTION_CLOSED|ECONNRESET/ })
  t.ok(inTransaction)
  t.match(await it.settled(manifest.id, 'applied'), { state: 'applied' })
  t.equal(await applyBatch(options, manifest, attempt!), 'already final', 'also for a worker that had begun earlier')
  startWorker(t, it)
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await it.settled(manifest.id, 'applied'), { error_count: 0 })
  await prices(t, it, 1)
})

t.test('a dead letter that is redriven after its duplicate was applied is rejected; redelivered, it stays rejected', atOnce, async t => {
  const it = await pipeline(t, { maxReceives: 1 })
  const zipped = await upload(it)
  const object = await (await it.store.openPayload(zipped.payload)).toArray()
  await it.store.deletePayload(zipped.payload)
  startWorker(t, it)
  await it.settled(zipped.id, 'dead_lettered')
  const plain = await it.submit(csv)
  await it.settled(plain.id, 'applied')
  await restorePayload(it, zipped, Buffer.concat(object))
  await actOn(it.db.open('ingestion_api'), it, zipped.id, 'redrive', { name: 'someone', reason: null })
  t.match(await it.settled(zipped.id, 'rejected'), { first_errors: [{ code: 'duplicate', value: plain.id }] })
  await it.queue.send(zipped.id, 'demo', 'once-more')
  await it.queue.send(plain.id, 'demo', 'once-more-the-first')
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await it.settled(zipped.id, 'rejected'), { error_count: 1 })
  t.match(await it.settled(plain.id, 'applied'), { error_count: 0 })
  await prices(t, it, 1)
})

t.test('batches of an older release: their contents are read once, and an unreadable content is no duplicate', atOnce, async t => {
  const it = await pipeline(t)
  const forget = (): Promise<unknown> => it.db.migrator`update batches set name_kind = null, content_digest = null`
  const [keyed, other, unreadable] = [
    await it.submit(csv, { key: 'readable' }), await upload(it, { content: csv.replace('100', '101') }), await upload(it, { content: csv.replace('100', '102') }),
  ]
  for (const manifest of [keyed, other, unreadable]) t.equal(await apply(it, manifest), 'applied')
  await forget()
  await it.store.deletePayload(unreadable.payload)
  const plain = await it.submit(csv)
  t.equal(await apply(it, plain), 'applied')
  t.match(await it.db.migrator`select id, name_kind, content_digest from batches order by number`, [
    { id: keyed.id, name_kind: 'key' }, { id: other.id, name_kind: 'upload', content_digest: sha256(csv.replace('100', '101')) },
    { id: unreadable.id, name_kind: 'upload', content_digest: null }, { id: plain.id, name_kind: 'content', content_digest: sha256(csv) },
  ])
  const attempts = await it.db.migrator`select 1 from batch_attempts where batch_id = ${plain.id}`
  t.equal(attempts.length, 1)

  // A later batch with as many rows does not read the other contents again, even if the first read failed.
  const later = await upload(it, { content: csv.replace('100', '103') })
  const read: string[] = []
  t.equal(await apply({ ...it, store: { ...it.store, readManifest: async id => { if (id !== withdrawalId(later)) read.push(id); return await it.store.readManifest(id) } } }, later), 'applied')
  t.strictSame(read, [])
})

t.test('many batches of an older release: a query names a bounded number, each is looked up once', atOnce, async t => {
  const it = await pipeline(t)
  const many = 2 * maxUnknown + 5
  await it.db.migrator`
    insert into batches (id, provider, mode, format, digest, bytes, accepted_at, state, row_count)
    select encode(sha256(n::text::bytea), 'hex'), 'demo', 'apply', 'csv', encode(sha256(n::text::bytea), 'hex'), 1, now(), 'applied', 1
    from generate_series(1, ${many}) as n`
  const batch = await it.submit(csv)
  const read: string[] = []
  const ofBatch = withdrawalId(batch) // each attempt looks for it
  const store = { ...it.store, readManifest: async (id: string) => { if (id !== ofBatch) read.push(id); return await it.store.readManifest(id) } }
  t.equal((await findUnknown(it.db.open('ingestion_worker'), batch, { digest: sha256(csv), rows: 1 })).length, maxUnknown)
  t.equal(await apply({ ...it, store }, batch), 'applied')
  t.equal(read.length, many)
  t.equal(new Set(read).size, many)
  t.match(await it.db.migrator`select count(*)::int as lost from batches where content_lost`, [{ lost: many }])
})
