import t, { type Test } from 'tap'
import { actOn } from '../../../../lib/batch/dead-letters.ts'
import { openMetrics, valueOf, type Metrics } from '../../../../lib/metrics/metrics.ts'
import { awsProxy, type AwsProxy } from '../../../harness/aws-proxy.ts'
import { elapsed } from '../../../harness/elapsed.ts'
import { lockBatchLanes } from '../../../harness/lock.ts'
import { pipeline, type Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const heldMs = 300

type Fixture = { it: Pipeline, proxy: AwsProxy, metrics: Metrics, now: () => Promise<Date> }

t.test('applied: each time and duration covers all injected delays of its step', async t => {
  const { it, proxy, metrics, now } = await openFixture(t)
  const payload = proxy.hold(({ method, key }) => method === 'GET' && key.startsWith('incoming/'), 'response')
  const submitted = await now()
  const { id } = await it.submit(csv)
  startWorker(t, it, { metrics })
  await payload.reached
  const begun = await now()
  await elapsed(heldMs)
  const lock = await lockBatchLanes(t, it.db)
  payload.release()
  await lock.awaited()
  await elapsed(heldMs)
  const released = await now()
  await lock.release()
  const batch = await it.settled(id, 'applied')
  const finishedAt = await now()

  const [attempt] = await it.db.migrator`select * from batch_attempts where batch_id = ${id}`
  const [idempotencyRecord] = await it.db.migrator`select * from applied_batches where batch_id = ${id}`
  between(t, 'batches.started_at', batch.started_at, submitted, begun)
  between(t, 'batches.finished_at', batch.finished_at, released, finishedAt)
  between(t, 'batch_attempts.started_at', attempt!.started_at, submitted, begun)
  between(t, 'batch_attempts.finished_at', attempt!.finished_at, released, finishedAt)
  between(t, 'applied_batches.applied_at', idempotencyRecord!.applied_at, released, finishedAt)

  await waitFor(async () => await valueOf(metrics, 'freight_batch_seconds', {}, 'count') === 1)
  const totalSeconds = (finishedAt.getTime() - submitted.getTime()) / 1_000
  const step = (name: string) => valueOf(metrics, 'freight_batch_step_seconds', { step: name }, 'sum')
  for (const [name, seconds, least] of [
    ['freight_batch_seconds', await valueOf(metrics, 'freight_batch_seconds', {}, 'sum'), 2 * heldMs],
    ['step fetch', await step('fetch'), heldMs],
    ['step queue', await step('queue'), 0],
    ['step parse', await step('parse'), 0],
    ['step load', await step('load'), heldMs],
    ['step commit', await step('commit'), 0],
  ] as const) t.ok(seconds! >= least / 1_000 && seconds! <= totalSeconds, `${name}: ${seconds} s is from ${least / 1_000} to ${totalSeconds}`)
  for (const name of ['queue', 'parse', 'commit']) t.ok((await step(name))! < totalSeconds - 2 * heldMs / 1_000, `step ${name} does not contain the other delays`)
})

t.test('rejected and validated: the same', async t => {
  for (const [mode, state, content] of [['apply', 'rejected', csv.replace('CNGGZ', 'XXXXX')], ['dry_run', 'validated', csv]] as const) {
    const { it, proxy, metrics, now } = await openFixture(t)
    const payload = proxy.hold(({ method, key }) => method === 'GET' && key.startsWith('incoming/'), 'response')
    const { id } = await it.submit(content, { mode })
    startWorker(t, it, { metrics })
    await payload.reached
    const begun = await now()
    await elapsed(heldMs)
    const released = await now()
    payload.release()
    const batch = await it.settled(id, state)
    const finishedAt = await now()
    const [attempt] = await it.db.migrator`select * from batch_attempts where batch_id = ${id}`
    between(t, `${state}: batches.started_at`, batch.started_at, new Date(0), begun)
    between(t, `${state}: batches.finished_at`, batch.finished_at, released, finishedAt)
    between(t, `${state}: batch_attempts.finished_at`, attempt!.finished_at, released, finishedAt)
    await waitFor(async () => await valueOf(metrics, 'freight_batch_seconds', {}, 'count') === 1)
    t.ok((await valueOf(metrics, 'freight_batch_seconds', {}, 'sum'))! >= heldMs / 1_000)
  }
})

t.test('dead-lettered, then discarded: the same', async t => {
  const { it, proxy, metrics, now } = await openFixture(t)
  const manifest = await it.submit(csv)
  await it.store.deletePayload(manifest.payload)
  const payload = proxy.hold(({ method, key }) => method === 'GET' && key.startsWith('incoming/'), 'response')
  startWorker(t, it, { metrics })
  await payload.reached
  const begun = await now()
  await elapsed(heldMs)
  const released = await now()
  payload.release()
  const batch = await it.settled(manifest.id, 'dead_lettered')
  const finishedAt = await now()
  const [attempt] = await it.db.migrator`select * from batch_attempts where batch_id = ${manifest.id} and attempt = 1`
  between(t, 'batch_attempts.started_at', attempt!.started_at, new Date(0), begun)
  between(t, 'batch_attempts.finished_at', attempt!.finished_at, released, finishedAt)
  between(t, 'batches.dead_lettered_at', batch.dead_lettered_at, released, finishedAt)

  const discarding = await now()
  await actOn(it.db.open('ingestion_api'), it, manifest.id, 'discard', { name: 'someone', reason: null })
  const [discarded] = await it.db.migrator`select finished_at from batches where id = ${manifest.id}`
  between(t, 'batches.finished_at', discarded!.finished_at, discarding, await now())
})

async function openFixture (t: Test): Promise<Fixture> {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { endpoint: proxy.endpoint, maxReceives: 1 })
  const now = async (): Promise<Date> => (await it.db.migrator<[{ now: Date }]>`select clock_timestamp() as now`)[0].now
  return { it, proxy, metrics: openMetrics('ingestion-worker'), now }
}

function between (t: Test, what: string, time: unknown, from: Date, to: Date): void {
  t.ok((time as Date) >= from && (time as Date) <= to, `${what}: ${(time as Date)?.toISOString()} is from ${from.toISOString()} to ${to.toISOString()}`)
}
