import type { Sql } from 'postgres'
import t from 'tap'
import { mergeAll } from '../../../../../lib/ledger/merge/merge-all.ts'
import { redriveBatch } from '../../../../../lib/batch/transitions.ts'
import { accept } from '../../../../../lib/batch/accept.ts'
import { createManifest } from '../../../../../lib/batch/create-manifest.ts'
import { applier, file } from '../../../../harness/corrections.ts'
import { pipeline } from '../../../../harness/pipeline.ts'
import { storeContent } from '../../../../harness/stored-content.ts'

const stateOf = async (sql: Sql, id: string): Promise<unknown> => (await sql`select state from batches where id = ${id}`)[0]?.state
const counting = async (sql: Sql): Promise<number[]> =>
  [...new Set((await sql<Array<{ price: number }>>`select price::float8 as price from all_prices order by 1`).map(({ price }) => price))]
const errorOf = async (sql: Sql, id: string): Promise<unknown> => (await sql`select first_errors->0->>'code' as code, first_errors->0->>'value' as value from batches where id = ${id}`)[0]

t.test('a batch replaces others in one commit; the old ones name it', async t => {
  const it = await pipeline(t)
  const { sql, deliver } = applier(it)
  const old = [await it.submit(file(100), { key: 'a' }), await it.submit(file(101), { key: 'b' })]
  for (const manifest of old) t.equal(await deliver(manifest), 'applied')
  await mergeAll(sql)
  const next = await it.submit(file(200), { key: 'c', replaces: old.map(({ id }) => id).sort() })
  t.equal(await deliver(next), 'applied')
  t.same(await counting(it.db.migrator), [200])
  t.same(await sql`select state, replaced_by from batches where id <> ${next.id}`, old.map(() => ({ state: 'withdrawn', replaced_by: next.id })))
  t.same(await sql`
    select count(*)::int as batches, bool_and(withdrawn.position = ledger_position.position) as are_last
    from withdrawn_batches as withdrawn cross join ledger_position`, [{ batches: 2, are_last: true }])
  t.equal(await deliver(next), 'no attempt')
})

t.test('a replacement that is rejected leaves the old batch', async t => {
  const it = await pipeline(t)
  const { sql, deliver } = applier(it)
  const old = await it.submit(file(100), { key: 'a' })
  await deliver(old)
  const next = await it.submit(file(-1), { key: 'b', replaces: [old.id] })
  t.equal(await deliver(next), 'rejected')
  t.equal(await stateOf(sql, old.id), 'applied')
  t.same(await counting(it.db.migrator), [100])
})

t.test('a target that is not applied never is; one that has ended otherwise is left', async t => {
  const it = await pipeline(t)
  const { sql, deliver } = applier(it)
  const [queued, rejected, dead] = [await it.submit(file(100), { key: 'a' }), await it.submit(file(-1), { key: 'b' }), await it.submit(file(102), { key: 'c' })]
  t.equal(await deliver(rejected), 'rejected')
  await deliver(dead, AbortSignal.abort(new Error('stop'))).catch(() => {})
  await sql`update batches set state = 'dead_lettered', dead_lettered_at = now() where id = ${dead.id}`
  const next = await it.submit(file(200), { key: 'd', replaces: [queued.id, rejected.id, dead.id].sort() })
  t.equal(await deliver(next), 'applied')
  t.same(await Promise.all([queued, rejected, dead].map(({ id }) => stateOf(sql, id))), ['withdrawn', 'rejected', 'withdrawn'])
  await redriveBatch(sql, dead.id)
  t.equal(await deliver(dead), 'no attempt')
  t.equal(await deliver(queued), 'no attempt')
  t.same(await counting(it.db.migrator), [200])
})

t.test('a target that was replaced by a batch that counts is an error, also through a chain; after its withdrawal it is not', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const a = await it.submit(file(100), { key: 'a' })
  const b = await it.submit(file(101), { key: 'b', replaces: [a.id] })
  const c = await it.submit(file(102), { key: 'c', replaces: [b.id] })
  for (const manifest of [a, b, c]) t.equal(await deliver(manifest), 'applied')
  const late = await it.submit(file(200), { key: 'd', replaces: [a.id] })
  t.equal(await deliver(late), 'rejected')
  t.same(await errorOf(sql, late.id), { code: 'already_replaced', value: c.id })
  t.same(await counting(it.db.migrator), [102])

  t.equal(await deliver(await it.submit(file(201), { key: 'e', replaces: [a.id, c.id].sort() })), 'applied', 'names the batch that counts as well')
  t.same(await counting(it.db.migrator), [201])
  const [e] = await sql<[{ id: string }]>`select id from batches where state = 'applied' and mode = 'apply'`
  t.equal(await deliver(await withdrawal((await it.store.readManifest(e.id)) as typeof a)), 'withdrawn')
  t.same(await counting(it.db.migrator), [], 'the old batches do not come back')
  t.equal(await deliver(await it.submit(file(202), { key: 'f', replaces: [a.id] })), 'applied')
})

t.test('two batches that replace the same one at the same time: one is applied, the other names it', async t => {
  const it = await pipeline(t)
  const { sql, deliver } = applier(it)
  const old = await it.submit(file(100), { key: 'old' })
  await deliver(old)
  const next = await Promise.all([1, 2, 3].map(at => it.submit(file(200 + at), { key: `next-${at}`, replaces: [old.id] })))
  const outcomes = await Promise.all(next.map(manifest => applier(it).deliver(manifest)))
  t.same(outcomes.toSorted(), ['applied', 'rejected', 'rejected'])
  t.equal((await counting(it.db.migrator)).length, 1)
  const applied = next[outcomes.indexOf('applied')]!
  for (const { id } of next.filter(manifest => manifest !== applied)) t.same(await errorOf(sql, id), { code: 'already_replaced', value: applied.id })
})

t.test('previous is the latest batch of the series that counts; an older one is superseded', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const series = 'asia-weekly'
  const [first, other] = [await it.submit(file(100), { key: '1', series, replaces: 'previous' }), await it.submit(file(50), { key: 'x', series: 'other' })]
  t.equal(await deliver(first), 'applied', 'nothing to replace')
  t.equal(await deliver(other), 'applied')
  t.same(await sql`select replaces from batches where id = ${first.id}`, [{ replaces: [] }])
  const late = await it.submit(file(101), { key: '2', series, replaces: 'previous' })
  await deliver(late, AbortSignal.abort(new Error('stop'))).catch(() => {}) // its first attempt fails
  const second = await it.submit(file(102), { key: '3', series, replaces: 'previous' })
  t.equal(await deliver(second), 'applied')
  t.same(await sql`select replaces from batches where id = ${second.id}`, [{ replaces: [first.id] }])
  t.same(await counting(it.db.migrator), [50, 102])
  t.equal(await deliver(late), 'rejected')
  t.same(await errorOf(sql, late.id), { code: 'superseded', value: second.id })
  t.equal(await deliver(await withdrawal(second)), 'withdrawn')
  const third = await it.submit(file(103), { key: '4', series, replaces: 'previous' })
  t.equal(await deliver(third), 'applied')
  t.same(await sql`select replaces from batches where id = ${third.id}`, [{ replaces: [] }], 'a batch that was taken back is no previous one')
  t.same(await counting(it.db.migrator), [50, 103])
})

t.test('the content of a withdrawn batch needs a key', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const old = await it.submit(file(100))
  await deliver(old)
  await deliver(await withdrawal(old))
  const stored = await storeContent(it.store, file(100))
  const { manifest: upload } = await accept(it.store, it.queue,
    createManifest({ ...stored, contentName: { kind: 'upload', value: 'x' }, digestOf: 'payload' }, { provider: 'demo', mode: 'apply' }))
  t.equal(await deliver(upload), 'rejected')
  t.same(await errorOf(sql, upload.id), { code: 'withdrawn', value: old.id })
  t.equal(await deliver(await it.submit(file(100), { key: 'again' })), 'applied')
})
