import { PutObjectCommand } from '@aws-sdk/client-s3'
import { pino } from 'pino'
import t from 'tap'
import { openMetrics } from '../../../../lib/metrics/metrics.ts'
import { sweepLost, sweepOld, sweepPending, type Sweeper } from '../../../../services/ingestion-worker/upkeep/sweeper.ts'
import type { Manifest } from '../../../../lib/batch/batch.ts'
import { recordAccepted } from '../../../../lib/batch/records.ts'
import { waitLimitMs } from '../../../harness/patience.ts'
import { pipeline, silent, type Pipeline } from '../../../harness/pipeline.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const sweeperOf = (it: Pipeline, lostAfterSeconds = 0): Sweeper =>
  ({ ...it, sql: it.db.open('ingestion_worker'), log: silent, metrics: openMetrics('test'), everySeconds: 1, lostAfterSeconds, reported: new Set() })
const take = (it: Pipeline) => it.queue.receive(0, AbortSignal.timeout(waitLimitMs))

t.test('an acceptance whose message was never sent is finished', async t => {
  const it = await pipeline(t)
  const lost = await it.submit(csv)
  await it.queue.remove((await take(it))!) // as if the process had died before the send
  await it.store.putPending(lost.id, lost.payload)
  await sweepPending(sweeperOf(it, 30))
  t.equal(await it.store.isPending(lost.id), true, 'not while its request may be in flight')
  // The emulator drops a second send with the same deduplication id within five minutes, as SQS does. The test therefore uses another batch.
  const other = { ...lost, id: 'a'.repeat(64) }
  await it.store.createManifest(other)
  await it.store.putPending(other.id, other.payload)
  await sweepPending(sweeperOf(it))
  t.match(await take(it), { batchId: other.id })
  t.equal(await it.store.isPending(other.id), false)
  t.equal(await it.store.isPending(lost.id), false)
})

t.test('a batch that a restored database does not have is applied from its manifest, on an empty pending record', async t => {
  const it = await pipeline(t)
  const known = await it.submit(csv)
  const forgotten: Manifest = { ...known, id: 'c'.repeat(64), name: { kind: 'key', value: 'forgotten' } }
  await it.store.createManifest(forgotten)
  await it.aws.s3.send(new PutObjectCommand({ Bucket: it.aws.bucket, Key: `pending/${forgotten.id}` }))
  await sweepPending(sweeperOf(it))
  startWorker(t, it)
  t.match(await it.settled(forgotten.id, 'applied'), { row_count: 1 })
})

t.test('a manifest of a newer release: its pending record stays for a worker of that release, and the next one is swept', async t => {
  const it = await pipeline(t)
  const known = await it.submit(csv)
  await it.queue.remove((await take(it))!)
  const [newer, other] = ['0', 'f'].map(digit => ({ ...known, id: digit.repeat(64) })) as [Manifest, Manifest]
  for (const manifest of [{ ...newer, version: 4 } as unknown as Manifest, other]) {
    await it.store.createManifest(manifest)
    await it.store.putPending(manifest.id, manifest.payload)
  }
  await sweepPending(sweeperOf(it))
  t.match(await take(it), { batchId: other.id })
  t.equal(await it.store.isPending(newer.id), true)
  t.equal(await it.store.isPending(other.id), false)
})

t.test('a batch that was not accepted is not touched, nor is its payload', async t => {
  const it = await pipeline(t)
  const { payload } = await it.submit(csv)
  await it.queue.remove((await take(it))!)
  await it.store.putPending('b'.repeat(64), payload)
  await sweepPending(sweeperOf(it))
  t.equal(await it.store.isPending('b'.repeat(64)), true)
  t.equal(await take(it), null)
  t.equal((await (await it.store.openPayload(payload)).toArray()).length > 0, true, 'another batch may have been accepted with this payload')
})

t.test('a lost message is sent again and its batch applied; a queued message is not sent again', async t => {
  const it = await pipeline(t)
  const lost = await it.submit(csv)
  await recordAccepted(it.db.open('ingestion_api'), lost)
  const delivery = (await take(it))!
  await sweepLost(sweeperOf(it))
  await it.queue.remove(delivery)
  t.equal(await it.queue.countMessages(), 0, 'in flight is not lost')
  await sweepLost(sweeperOf(it, 300))
  t.equal(await it.queue.countMessages(), 0, 'young is not lost')
  await sweepLost(sweeperOf(it))
  t.equal(await it.queue.countMessages(), 1)
  await sweepLost(sweeperOf(it))
  t.equal(await it.queue.countMessages(), 1, 'queued is not lost')
  startWorker(t, it)
  await it.settled(lost.id, 'applied')
  await sweepLost(sweeperOf(it))
  t.equal(await it.queue.countMessages(), 0, 'final is not lost')
})

t.test('a batch that its provider\'s queue has passed is sent again although the queue is busy', async t => {
  const it = await pipeline(t)
  const [lost, later, other] = [await it.submit(csv, { key: '1' }), await it.submit(csv, { key: '2' }), await it.submit(csv, { provider: 'demo-2' })]
  const api = it.db.open('ingestion_api')
  for (const manifest of [lost, later, other]) await recordAccepted(api, manifest)
  await it.db.migrator`update batches set queued_at = now() - interval '1 hour' where id = ${lost.id}`
  await it.db.migrator`update batches set queued_at = now() - interval '50 minutes' where id = ${other.id}`
  await it.db.migrator`insert into batch_attempts (batch_id, attempt, worker) values (${later.id}, 1, 'w')`
  const before = await it.queue.countMessages()
  await sweepLost(sweeperOf(it, 60))
  t.equal(await it.queue.countMessages(), before + 1)
  t.same(await it.db.migrator`select id from batches where queued_at < now() - interval '10 minutes'`, [{ id: other.id }])
})

t.test('a manifest that cannot be parsed is logged once, and its pending record stays', async t => {
  const it = await pipeline(t)
  const ids = ['1', '2'].map(digit => digit.repeat(64))
  const { payload } = await it.submit(csv)
  for (const id of ids) {
    await it.aws.s3.send(new PutObjectCommand({ Bucket: it.aws.bucket, Key: `batches/${id}.json`, Body: '{"version":1,' }))
    await it.store.putPending(id, payload)
  }
  const lines: Array<{ batchId: string }> = []
  const log = pino({ level: 'error' }, { write: (line: string) => { lines.push(JSON.parse(line) as { batchId: string }) } })
  const sweeper = { ...sweeperOf(it), log }
  for (let sweep = 1; sweep <= 3; sweep++) await sweepPending(sweeper)
  t.strictSame(lines.map(line => line.batchId).sort(), ids)
  for (const id of ids) t.equal(await it.store.isPending(id), true)
})

t.test('old evidence and old stray messages are deleted; held batches remain', async t => {
  const it = await pipeline(t)
  await it.db.migrator`
    insert into unreadable_batches (batch_id, provider, reason, failed_at, held_since, checked_at) values
      ('old', 'demo', 'X: y', now() - interval '25 hours', null, now()), ('new', 'demo', 'X: y', now() - interval '23 hours', null, now()),
      ('held', 'demo', 'X: y', now() - interval '25 hours', now(), now())`
  await it.db.migrator`
    insert into stray_messages (sha256, message_group, body, reason, last_at) values
      ('old', 'demo', 'x', 'X: y', now() - interval '91 days'), ('new', 'demo', 'y', 'X: y', now() - interval '89 days')`
  await sweepOld(sweeperOf(it))
  t.strictSame((await it.db.migrator`select batch_id from unreadable_batches order by 1`).map(row => row.batch_id as string), ['held', 'new'])
  t.strictSame((await it.db.migrator`select sha256 from stray_messages`).map(row => row.sha256 as string), ['new'])
})
