import t from 'tap'
import { purgeAgain } from '../../../lib/batch/purge.ts'
import { mergeAll } from '../../../lib/ledger/merge/merge-all.ts'
import { removeOldest } from '../../../services/ingestion-worker/upkeep/remove-withdrawn.ts'
import { accept } from '../../../lib/batch/accept.ts'
import { createManifest } from '../../../lib/batch/create-manifest.ts'
import { requestWithdrawal } from '../../../lib/batch/request-withdrawal.ts'
import { applier, file } from '../../harness/corrections.ts'
import { ops } from '../../harness/ops.ts'
import { restored } from '../../harness/database.ts'
import { pipeline, silent, type Pipeline } from '../../harness/pipeline.ts'

const pricesOf = async (it: Pipeline, number: number): Promise<number> => (await it.db.migrator`
  select 1 from (select runs from merged_prices union all select runs from unmerged_prices) as row where position(int8send(${number}::bigint) in runs) > 0`).length

t.test('ops batches purge', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const env = { ...it.aws.env, DATABASE_URL: it.db.url('ops'), DATABASE_BACKUP_DAYS: '7' }
  const run = (...args: string[]) => ops(['batches', 'purge', ...args, '--why', 'personal data'], env)
  const kept = await it.submit(file(100), { key: 'kept' })
  const target = await it.submit(file(200, { count: 100 }), { key: 'target' })
  for (const manifest of [kept, target]) t.equal(await deliver(manifest), 'applied')
  await mergeAll(sql)
  const [{ number }] = await sql<[{ number: number }]>`select number from batches where id = ${target.id}`
  const before = await sql`select count(*)::int from merged_prices`
  t.match(await run(target.id.slice(0, 12)), { code: 0, stdout: /its prices \(100\), report and effect were removed, and its file[^]*Backups of the database have the prices until 20\d\d-[^]*as_of from 20/ })
  t.equal(await pricesOf(it, number), 0)
  t.equal(await it.visible(kept.id), 3)
  t.same(before, [{ count: 1 }])
  t.equal(await it.store.payloadState(target.payload), 'missing')
  t.match(await sql`select state, purged_at is not null as purged, why from batches where id = ${target.id}`, [{ state: 'withdrawn', purged: true, why: 'personal data' }])
  t.match(await it.db.migrator`select action from dead_letter_actions where batch_id = ${target.id} order by number`, [{ action: 'withdraw' }, { action: 'purge' }])
  t.match(await run(target.id), { code: 0 }, 'a second run')
  t.equal((await it.db.migrator`select from dead_letter_actions where action = 'purge'`).length, 1)
  t.equal(await deliver(await withdrawal(target)), 'no attempt')
  t.match(await run('a'.repeat(64)), { code: 1, stderr: /There is no batch/ })

  const queued = await it.submit(file(300), { key: 'queued' })
  t.match(await run(queued.id), { code: 0, stdout: /its prices \(0\)/ })
  t.equal(await deliver(queued), 'no attempt')
  const bad = await it.submit(file(-1), { key: 'bad' })
  t.equal(await deliver(bad), 'rejected')
  t.match(await it.store.readCauses(bad.id), { errors: 3 })
  t.match(await run(bad.id), { code: 0 })
  t.match(await sql`select state, first_errors from batches where id = ${bad.id}`, [{ state: 'rejected', first_errors: [] }])
  t.match(await it.store.readDecision(bad.id), { state: 'rejected', firstErrors: [] })
  t.equal(await it.store.openReport(bad.id), null)
  t.equal(await it.store.readCauses(bad.id), null)
})

t.test('a file that another batch reads stays until that batch is purged too', async t => {
  const it = await pipeline(t)
  const { deliver } = applier(it)
  const first = await it.submit(file(100), { key: 'first' })
  const { manifest: second } = await accept(it.store, it.queue, createManifest({ ...first, contentName: first.name }, { provider: 'demo', mode: 'apply', key: 'second' }))
  const third = await it.submit(file(100), { key: 'third' })
  for (const manifest of [first, second, third]) t.equal(await deliver(manifest), 'applied')
  const run = (id: string) => ops(['batches', 'purge', id, '--why', 'personal data'], { ...it.aws.env, DATABASE_URL: it.db.url('ops') })
  t.match(await run(first.id), { code: 0, stdout: new RegExp(`same object, which stays[^]*${second.id}[^]*${third.id}`) })
  t.equal(await it.store.payloadState(first.payload), 'stored')
  t.match(await run(second.id), { code: 0, stdout: /report and effect were removed, and its file/ })
  t.equal(await it.store.payloadState(first.payload), 'missing')
  t.equal(await it.store.payloadState(third.payload), 'stored')
})

t.test('a restored database is purged again, without a worker', async t => {
  const it = await pipeline(t)
  const { deliver } = applier(it)
  const [kept, target] = [await it.submit(file(100), { key: 'kept' }), await it.submit(file(200), { key: 'target' })]
  for (const manifest of [kept, target]) t.equal(await deliver(manifest), 'applied')
  const copy = await restored(t, it.db)
  const env = { ...it.aws.env, DATABASE_URL: it.db.url('ops') }
  t.match(await ops(['batches', 'purge', target.id, '--why', 'personal data'], env), { code: 0 })
  const sql = copy.open('ops')
  t.same(await copy.migrator`select count(*)::int from all_prices`, [{ count: 6 }])
  const request = { sql, store: it.store, queue: it.queue, log: silent }
  const hourAgo = new Date(Date.now() - 3_600_000)
  t.same(await purgeAgain(request, true), [target.id])
  t.same(await copy.migrator`select count(*)::int from all_prices`, [{ count: 6 }], 'a dry run')
  t.same(await purgeAgain(request), [target.id])
  t.same(await purgeAgain(request), [])
  t.same(await copy.migrator`select count(*)::int from all_prices`, [{ count: 3 }])
  t.match(await sql`select state, purged_at is not null as purged from batches where id = ${target.id}`, [{ state: 'withdrawn', purged: true }])
  t.match(await ops(['batches', 'replay', '--since', hourAgo.toISOString()], { ...env, DATABASE_URL: copy.url('ops') }), { code: 0 })
})

t.test('prices of a withdrawn batch are removed after the days for which they are kept', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const targets = [await it.submit(file(100), { key: 'a' }), await it.submit(file(200), { key: 'b' })]
  for (const manifest of targets) t.equal(await deliver(manifest), 'applied')
  await mergeAll(sql)
  for (const manifest of targets) t.equal(await deliver(await withdrawal(manifest)), 'withdrawn')
  await it.db.migrator`update withdrawn_batches set withdrawn_at = now() - interval '400 days 1 minute' where batch_number = 1`
  await it.db.migrator`update withdrawn_batches set withdrawn_at = now() - interval '399 days' where batch_number = 2`
  const options = { sql, log: silent, correctionsKeepDays: 400 }
  const stopping = new AbortController().signal
  t.equal(await removeOldest(options, stopping), true)
  t.equal(await removeOldest(options, stopping), false)
  t.same([await pricesOf(it, 1), await pricesOf(it, 2)], [0, 2])
  t.same(await it.db.migrator`select batch_number from withdrawn_batches where removed_at is not null`, [{ batch_number: 1 }])
  t.same(await it.db.migrator`select 1 from all_prices`, [])
})

t.test('a batch that was replaced does not come back after a restore, if its replacement was withdrawn', async t => {
  const it = await pipeline(t)
  const { deliver } = applier(it)
  const old = await it.submit(file(100), { key: 'old' })
  t.equal(await deliver(old), 'applied')
  const copy = await restored(t, it.db)
  const replacement = await it.submit(file(200), { key: 'new', replaces: [old.id] })
  t.equal(await deliver(replacement), 'applied')
  const request = { sql: it.db.open('ingestion_api'), store: it.store, queue: it.queue, log: silent }
  t.equal(await deliver((await requestWithdrawal(request, replacement, { name: 'demo', reason: null })).withdrawal), 'withdrawn')
  t.same(await it.db.migrator`select 1 from all_prices`, [])

  const env = { ...it.aws.env, DATABASE_URL: copy.url('ops') }
  t.match(await ops(['batches', 'replay', '--since', new Date(Date.now() - 3_600_000).toISOString()], env), { code: 0, stdout: /3/ })
  const again = applier({ ...it, db: copy })
  for (const { id } of await copy.migrator<Array<{ id: string }>>`select id from batches where state = 'queued' order by accepted_at, id`) {
    await again.deliver((await it.store.readManifest(id))!)
  }
  t.same(await copy.migrator`select state, mode from batches order by mode, state`,
    [{ state: 'withdrawn', mode: 'apply' }, { state: 'withdrawn', mode: 'apply' }, { state: 'applied', mode: 'withdraw' }, { state: 'applied', mode: 'withdraw' }])
  t.same(await copy.migrator`select 1 from all_prices`, [])
})
