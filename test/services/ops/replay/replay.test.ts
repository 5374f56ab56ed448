// A database is restored to an earlier moment, while the bucket has everything that was accepted and decided since.
import { createHash } from 'node:crypto'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import type { Manifest } from '../../../../lib/batch/batch.ts'
import { createManifest } from '../../../../lib/batch/create-manifest.ts'
import { actOn } from '../../../../lib/batch/dead-letters.ts'
import { recordAccepted } from '../../../../lib/batch/records.ts'
import { sweepLost } from '../../../../services/ingestion-worker/upkeep/sweeper.ts'
import { openMetrics } from '../../../../lib/metrics/metrics.ts'
import { replay } from '../../../../services/ops/replay/replay.ts'
import { restored, type TestDatabase } from '../../../harness/database.ts'
import { inspect, type QueuedMessage } from '../../../harness/ingestion-api.ts'
import { ops } from '../../../harness/ops.ts'
import { pipeline, silent, type Pipeline } from '../../../harness/pipeline.ts'
import { storeContent } from '../../../harness/stored-content.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const good = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const bad = good.replace('EETLL', 'XXXXX')
const providers = ['north', 'south', 'east', 'west']
const actor = { name: 'someone', reason: 'obsolete' }

type PlannedBatch = { manifest: Manifest, before: Before, after: After }
/** What the row of a batch says at the moment of the restore. */
type Before = 'no row' | 'queued' | 'dead_lettered' | 'applied' | 'rejected' | 'discarded'
/** What happens to a batch after that moment, until the database is lost. */
type After = 'applied' | 'rejected' | 'validated' | 'discarded' | 'nothing'

/** 2,000 batches in total. */
const plan: Array<[count: number, before: Before, after: After]> = [
  [1_250, 'applied', 'nothing'], [200, 'rejected', 'nothing'], [100, 'discarded', 'nothing'], [60, 'dead_lettered', 'nothing'],
  [80, 'no row', 'applied'], [80, 'no row', 'nothing'], [50, 'no row', 'rejected'], [20, 'no row', 'validated'], [30, 'no row', 'discarded'],
  [50, 'queued', 'applied'], [30, 'queued', 'rejected'], [20, 'queued', 'discarded'], [30, 'dead_lettered', 'discarded'],
]

t.test('of 2,000 batches exactly those are replayed that were lost with the database', async t => {
  const it = await pipeline(t)
  const planned = await planBatches(it)
  t.equal(planned.length, 2_000)
  await it.store.createManifest(planned[0]!.manifest, 'a'.repeat(64)) // an older release finds a batch under a second name
  const db = await restored(t, it.db)
  const since = (await db.migrator<[{ now: string }]>`select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`)[0].now
  await t.test('events after that moment', t => continueSystem(t, it, planned))
  const { messages, queued } = inspect(it.aws, db)
  t.same(await messages(), [])
  const before = await rowsOf(db)
  const env = { ...it.aws.env, DATABASE_URL: db.url('ops'), PAYLOAD_KEEP_DAYS: '90' }
  const run = (...more: string[]) => ops(['batches', 'replay', '--since', since, ...more], env)
  const total = /^all +160 +50 +180 +0$/m

  t.match(await run('--dry-run'), { code: 0, stdout: total })
  t.same(await rowsOf(db), before, 'a dry run changes no data')
  t.same(await gapsOf(db), [])
  t.same(await messages(), [])

  t.match(await run(), { code: 0, stdout: total })
  const lost = planned.filter(({ before, after }) => (before === 'no row' || before === 'queued') && (after === 'applied' || after === 'nothing')).map(({ manifest }) => manifest)
  const sent = await messages()
  t.equal(sent.length, 210)
  for (const provider of providers) {
    t.same(sent.filter(({ group }) => group === provider).map(({ id }) => id), lost.filter(one => one.provider === provider).map(({ id }) => id), `${provider}: in order`)
  }

  t.match(await run(), { code: 0, stdout: 'No batch is lost.' })
  t.equal((await messages()).length, 210, 'repeated: no more batches')
  t.same(await gapsOf(db), [{ from: new Date(since), now: true }], 'moments since then are refused')

  await putBack(it, sent)
  startWorker(t, { ...it, db }, { receive: { concurrency: 4, receiveSeconds: 1 } })
  await waitFor(async () => (await db.migrator`select 1 from batches where state in ('queued', 'processing') limit 1`).length === 0)
  const states = new Map((await rowsOf(db)).map(row => [row.id, row]))
  for (const { manifest: { id }, before, after } of planned) {
    const expected = after !== 'nothing' ? after : before === 'no row' ? 'applied' : before
    if (states.get(id)?.state !== expected) t.fail(`${id}, ${before} then ${after}: ${states.get(id)?.state}`)
  }
  t.equal(states.size, 2_000)
  for (const row of before.filter(({ state }) => ['applied', 'rejected', 'discarded'].includes(state))) {
    if (JSON.stringify(states.get(row.id)) !== JSON.stringify(row)) t.fail(`${row.id} was ${row.state} and was touched`)
  }
  t.equal((await db.migrator`select 1 from all_prices`).length, 210, 'each lost batch once, none of the others')
  t.equal((await db.migrator`select 1 from dead_letter_actions where action = 'discard' and actor = 'someone'`).length, 80, 'actor and reason')
  t.equal((await db.migrator`select 1 from batches where state = 'rejected' and first_errors->0->>'code' = 'unknown_port'`).length, 80)
  await waitFor(async () => await queued() === 0)
})

t.test('accepted before the moment, its row not written yet: the batch is replayed', async t => {
  const it = await pipeline(t)
  await accepted(it, 'demo', 1, good)
  const since = new Date(Date.now() + 1_000)
  const result = await replay({ ...it, sql: it.db.migrator, since, dryRun: false, payloadKeepDays: undefined, onProgress: () => {} })
  t.match(result.providers.get('demo'), { lost: 1, interrupted: 0 })
  t.equal(result.sent, 1)
})

t.test('interrupted while sending, and repeated: each batch is sent, in order, and the sweeper sends none before', async t => {
  const it = await pipeline(t)
  const manifests = await accepted(it, 'demo', 20, good)
  const { messages } = inspect(it.aws, it.db)
  let sends = 0
  const queue = { ...it.queue, async send (...args: Parameters<typeof it.queue.send>) {
    if (++sends > 7) throw Object.assign(new Error('the process crashed here'), { code: 'CRASHED' })
    await it.queue.send(...args)
  } }
  const options = { ...it, sql: it.db.migrator, since: new Date(), dryRun: false, payloadKeepDays: undefined, onProgress: () => {} }
  await t.rejects(replay({ ...options, queue }), { code: 'CRASHED' })
  t.equal((await messages()).length, 7)
  await it.db.migrator`update batches set queued_at = queued_at - interval '2 hours'` // this much time passes
  await sweepLost({ ...it, sql: it.db.open('ingestion_worker'), log: silent, metrics: openMetrics('test'), everySeconds: 60, lostAfterSeconds: 0, reported: new Set() })
  t.equal((await messages()).length, 7, 'a sweeper that finds the queue empty takes none of them for lost, however late')
  const second = await replay(options)
  t.match(second.providers.get('demo'), { lost: 0, interrupted: 20 })
  t.equal(second.sent, 20, 'whether they were sent before is unknown: sending them twice has no effect')
  const sent = await messages()
  t.same(sent.slice(7).map(({ id }) => id), manifests.map(({ id }) => id))
  await putBack(it, sent)
  startWorker(t, it)
  await waitFor(async () => (await it.db.migrator`select 1 from batches where state = 'applied'`).length === 20)
  t.equal((await it.db.migrator`select 1 from all_prices`).length, 20)
})

t.test('unreadable objects are named, and the other batches are replayed', async t => {
  const it = await pipeline(t)
  await accepted(it, 'demo', 2, good)
  const [cut, newer] = ['1', '2'].map(digit => digit.repeat(64))
  await it.aws.s3.send(new PutObjectCommand({ Bucket: it.aws.bucket, Key: `batches/${cut}.json`, Body: '{"version":1,' }))
  await it.aws.s3.send(new PutObjectCommand({ Bucket: it.aws.bucket, Key: `batches/${newer}.json`, Body: '{"version":4}' }))
  const env = { ...it.aws.env, DATABASE_URL: it.db.url('ops') }
  const { code, stdout, stderr } = await ops(['batches', 'replay', '--since', new Date(Date.now() - 60_000).toISOString()], env)
  t.equal(code, 1)
  t.match(stdout, /^all +2 +0 +0 +0$/m)
  t.match(stdout, new RegExp(`${cut}  INVALID_MANIFEST`))
  t.match(stdout, new RegExp(`${newer}  MANIFEST_VERSION`))
  t.match(stderr, '2 batches')
})

t.test('a payload that may have expired is counted', async t => {
  const it = await pipeline(t)
  const [old, young] = [91, 1].map(days => ({ acceptedAt: new Date(Date.now() - days * 86_400_000).toISOString() }))
  await accepted(it, 'demo', 3, good, old)
  await accepted(it, 'demo-2', 3, good, young)
  const result = await replay({ ...it, sql: it.db.migrator, since: new Date(), dryRun: true, payloadKeepDays: 90, onProgress: () => {} })
  t.same(Object.fromEntries(result.providers), {
    demo: { lost: 3, interrupted: 0, decided: 0, expired: 3 }, 'demo-2': { lost: 3, interrupted: 0, decided: 0, expired: 0 },
  })
})

t.test('--since is a past moment with its time zone', async t => {
  for (const time of ['yesterday', '2026-11-22', '2026-11-22T10:00:00', '2026-13-22T10:00:00Z', '2999-01-01T00:00:00Z']) {
    t.match(await ops(['batches', 'replay', '--since', time]), { code: 2, stderr: '--since' }, time)
  }
})

/** Writes manifests to the store, and a row for each batch that had one. The batches of a provider are in the order of their acceptance. */
async function planBatches (it: Pipeline): Promise<PlannedBatch[]> {
  const kinds = plan.flatMap(([count, before, after]) => Array.from({ length: count }, () => ({ before, after })))
  // An order without a pattern that is the same in each run.
  const shuffled = kinds.map((kind, at) => ({ kind, by: createHash('sha256').update(String(at)).digest('hex') })).sort((a, b) => a.by < b.by ? -1 : 1)
  const contents = { good: await storeContent(it.store, good), bad: await storeContent(it.store, bad) }
  const start = Date.now() - 3_600_000
  const planned = shuffled.map(({ kind }, at): PlannedBatch => {
    const provider = providers[at % providers.length]!
    return {
      ...kind,
      manifest: createManifest(contents[kind.after === 'rejected' ? 'bad' : 'good'], {
        provider, key: `batch ${at}`, acceptedAt: new Date(start + at), mode: kind.after === 'validated' ? 'dry_run' : 'apply',
      }),
    }
  })
  await tenAtOnce(planned, async ({ manifest }) => await it.store.createManifest(manifest))
  const { migrator } = it.db
  for (const { manifest, before } of planned) if (before !== 'no row') await recordAccepted(migrator, manifest)
  for (const state of ['applied', 'rejected', 'discarded', 'dead_lettered'] as const) {
    const ids = planned.filter(({ before }) => before === state).map(({ manifest }) => manifest.id)
    await migrator`
      update batches set state = ${state}, row_count = 1, finished_at = ${state === 'dead_lettered' ? null : migrator`now()`},
        dead_lettered_at = ${state === 'dead_lettered' ? migrator`now()` : null}, reason = ${state === 'dead_lettered' ? 'X: y' : null}
      where id = any(${ids})`
    if (state === 'applied') await migrator`insert into applied_batches (batch_id, row_count) select id, 1 from batches where id = any(${ids})`
  }
  return planned
}

/** Simulates the live system until its database is lost: workers, messages of providers, an operator. */
async function continueSystem (t: Test, it: Pipeline, planned: PlannedBatch[]): Promise<void> {
  startWorker(t, it, { receive: { concurrency: 4, receiveSeconds: 1 } })
  const api = it.db.open('ingestion_api')
  const discarding = planned.filter(({ after }) => after === 'discarded')
  for (const { manifest } of discarding) {
    await recordAccepted(api, manifest)
    await it.db.migrator`
      update batches set state = 'dead_lettered', dead_lettered_at = now(), reason = coalesce(reason, 'X: y') where id = ${manifest.id}`
    await actOn(api, it, manifest.id, 'discard', actor)
  }
  const processed = planned.filter(({ after }) => ['applied', 'rejected', 'validated'].includes(after))
  for (const { manifest: { id, provider } } of processed) await it.queue.send(id, provider)
  const ids = processed.map(({ manifest }) => manifest.id)
  await waitFor(async () => (await it.db.migrator`
    select 1 from batches where id = any(${ids}) and state in ('applied', 'rejected', 'validated')`).length === ids.length)
  await waitFor(async () => await it.queue.countMessages() === 0)
}

/** Sends the messages again that `messages()` has removed from the queue. */
async function putBack ({ queue }: Pipeline, taken: QueuedMessage[]): Promise<void> {
  for (const { id, group, deduplicationId } of taken) await queue.send(id, group, `${deduplicationId}-back`)
}

type Row = { id: string, state: string }
const rowsOf = async ({ migrator }: TestDatabase): Promise<Row[]> => await migrator<Row[]>`select * from batches order by id`

async function accepted (it: Pipeline, provider: string, count: number, content: string, more: Partial<Manifest> = {}): Promise<Manifest[]> {
  const stored = await storeContent(it.store, content)
  const manifests = Array.from({ length: count }, (_, at) => ({
    ...createManifest(stored, { provider, mode: 'apply', key: `batch ${at}`, acceptedAt: new Date(Date.now() - 1_000 + at) }), ...more,
  }))
  for (const manifest of manifests) await it.store.createManifest(manifest)
  return manifests
}

async function tenAtOnce<T> (items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, async (_, worker) => {
    for (let at = worker; at < items.length; at += 10) await work(items[at]!)
  }))
}

async function gapsOf ({ migrator }: TestDatabase): Promise<object[]> {
  return [...await migrator`select from_at as "from", until_at > from_at and until_at <= now() as now from as_of_gaps`]
}
