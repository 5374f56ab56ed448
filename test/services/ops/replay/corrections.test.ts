// Corrections that a restored database has lost: the store has what ends batches for ever.
import t from 'tap'
import type { Manifest } from '../../../../lib/batch/batch.ts'
import { release } from '../../../../lib/batch/release.ts'
import { requestWithdrawal } from '../../../../lib/batch/request-withdrawal.ts'
import { withdrawalId } from '../../../../lib/batch/withdrawal.ts'
import { applier, file } from '../../../harness/corrections.ts'
import { restored, type TestDatabase } from '../../../harness/database.ts'
import { ops, type Run } from '../../../harness/ops.ts'
import { pipeline, silent, type Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const replay = (it: Pipeline, db: TestDatabase): Promise<Run> =>
  ops(['batches', 'replay', '--since', new Date(Date.now() - 3_600_000).toISOString()], { ...it.aws.env, DATABASE_URL: db.url('ops') })
const statesOf = async (db: TestDatabase, ids: string[]): Promise<string[]> =>
  (await db.migrator<Array<{ state: string }>>`select state from batches where id = any (${ids}) order by array_position(${ids}, id)`).map(({ state }) => state)

t.test('a replaced batch ends for ever, also if its replacement is lost and its worker was killed after the commit', async t => {
  const it = await pipeline(t)
  const old = await it.submit(file(100), { key: 'old' })
  t.equal(await applier(it).deliver(old), 'applied')
  const copy = await restored(t, it.db)
  const replacement = await it.submit(file(200), { key: 'new', replaces: [old.id] })
  t.equal(await applier(it).deliver(replacement), 'applied', 'its message stays in the queue')
  t.equal(await it.store.readManifest(withdrawalId(old)), null)
  startWorker(t, it)
  await waitFor(async () => await it.store.readManifest(withdrawalId(old)) !== null)
  const other = await it.submit(file(300), { key: 'old', provider: 'other' })
  await it.settled((await it.submit(file(400), { key: 'new', provider: 'other', replaces: [other.id] })).id, 'applied')
  await waitFor(async () => await it.store.readManifest(withdrawalId(other)) !== null)

  t.match(await replay(it, copy), { code: 0 })
  const { deliver } = applier({ ...it, db: copy })
  t.equal(await deliver((await it.store.readManifest(withdrawalId(old)))!), 'withdrawn')
  t.same(await copy.migrator`select 1 from all_prices`, [], 'before the replacement')
  t.equal(await deliver(replacement), 'applied')
  t.same(await statesOf(copy, [old.id, replacement.id]), ['withdrawn', 'applied'])
  t.same(await copy.migrator`select count(*)::int from all_prices`, [{ count: 3 }])
})

t.test('a release is lost: the guard lets the batch pass again', async t => {
  const it = await pipeline(t)
  const guard = { providers: ['demo'], factor: 3, share: 0.1 }
  const { deliver } = applier(it, guard)
  const actor = { name: 'demo', reason: null }
  const releaseAndApply = async (held: Manifest): Promise<void> => {
    t.same(await release({ ...it, sql: it.db.open('ingestion_api') }, held.id, actor), { state: 'queued', changed: true })
    t.equal(await deliver(held), 'applied')
  }
  t.equal(await deliver(await it.submit(file(100, { count: 28 }), { key: 'usual' })), 'applied')
  const before = await it.submit(file(1_000, { count: 28 }), { key: 'held before' })
  t.equal(await deliver(before), 'held')
  const copy = await restored(t, it.db)
  await releaseAndApply(before)
  const after = await it.submit(file(10_000, { count: 28 }), { key: 'held after' })
  t.equal(await deliver(after), 'held')
  await releaseAndApply(after)

  const again = applier({ ...it, db: copy }, guard)
  t.match(await replay(it, copy), { code: 0, stdout: /^1 held batches were released again/m })
  for (const manifest of [before, after]) t.equal(await again.deliver(manifest), 'applied')
  t.notMatch((await replay(it, copy)).stdout, /released again/)
})

t.test('a batch that was rejected is not withdrawn before the replay', async t => {
  const it = await pipeline(t)
  const copy = await restored(t, it.db)
  const bad = await it.submit(file(-1), { key: 'bad' })
  t.equal(await applier(it).deliver(bad), 'rejected')
  await requestWithdrawal({ ...it, sql: copy.open('ingestion_api'), log: silent }, bad, { name: 'demo', reason: null })
  t.same(await statesOf(copy, [bad.id]), ['rejected'])
  t.equal(await applier({ ...it, db: copy }).deliver((await it.store.readManifest(withdrawalId(bad)))!), 'rejected')
})

t.test('a batch that was rejected and then purged is rejected again', async t => {
  const it = await pipeline(t)
  const copy = await restored(t, it.db)
  const bad = await it.submit(file(-1), { key: 'bad' })
  t.equal(await applier(it).deliver(bad), 'rejected')
  t.match(await ops(['batches', 'purge', bad.id, '--why', 'personal data'], { ...it.aws.env, DATABASE_URL: it.db.url('ops') }), { code: 0 })
  t.match(await replay(it, copy), { code: 0, stdout: /^1 batches were purged again/m })
  t.match(await copy.migrator`select state, purged_at is not null as purged from batches`, [{ state: 'rejected', purged: true }])
})
