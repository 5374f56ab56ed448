import t from 'tap'
import { mergeAll } from '../../../../../lib/ledger/merge/merge-all.ts'
import { redriveBatch } from '../../../../../lib/batch/transitions.ts'
import { applier, file } from '../../../../harness/corrections.ts'
import { pipeline } from '../../../../harness/pipeline.ts'

const row = async (sql: any, id: string): Promise<Record<string, unknown>> =>
  ({ ...(await sql`select state, why, replaced_by, withdrawn_at is not null as withdrawn from batches where id = ${id}`)[0] })
const counting = async (sql: any): Promise<number[]> =>
  (await sql`select price::float8 as price from all_prices order by 1`).map(({ price }: { price: number }) => price)

t.test('an applied batch is taken back once, merged or not', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const [kept, target] = [await it.submit(file(100), { key: 'kept' }), await it.submit(file(200), { key: 'target' })]
  for (const manifest of [kept, target]) t.equal(await deliver(manifest), 'applied')
  await mergeAll(sql)
  const taking = await withdrawal(target)
  t.equal((await withdrawal(target, 'another reason')).actor.reason, 'a mistake', 'the first reason stays')
  t.equal(await deliver(taking), 'withdrawn')
  t.equal(await deliver(taking), 'no attempt')
  t.equal(await deliver(target), 'no attempt')
  t.same(await counting(it.db.migrator), [100, 100, 100])
  t.same(await row(sql, target.id), { state: 'withdrawn', why: 'a mistake', replaced_by: null, withdrawn: true })
  t.same(await sql`
    select withdrawn.position = ledger_position.position as is_last, (select applied_at from applied_batches where batch_id = ${taking.id}) = withdrawn_at as same_time
    from withdrawn_batches as withdrawn cross join ledger_position`, [{ is_last: true, same_time: true }])
  t.same(await it.db.migrator`select action, actor, reason from dead_letter_actions where batch_id = ${target.id}`,
    [{ action: 'withdraw', actor: 'demo', reason: 'a mistake' }])
})

t.test('attempts at the same withdrawal at the same time take the batch back once', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const target = await it.submit(file(200, { count: 500 }), { key: 'target' })
  t.equal(await deliver(target), 'applied')
  const taking = await withdrawal(target)
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => applier(it).deliver(taking)))
  t.equal(outcomes.filter(outcome => outcome === 'withdrawn').length, 1, outcomes.join())
  t.same(await sql`select count(*)::int from withdrawn_batches`, [{ count: 1 }])
  t.same(await sql`select sum(octet_length(days))::int as prices from unmerged_prices`, [{ prices: 1_000 }])
})

t.test('a withdrawal that arrives before its target ends both, also after the row of the target was lost', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const first = await it.submit(file(200), { key: 'first' })
  t.equal(await deliver(await withdrawal(first)), 'withdrawn')
  t.equal(await deliver(first), 'no attempt')
  t.match(await row(sql, first.id), { state: 'withdrawn', why: 'a mistake' })

  const second = await it.submit(file(201), { key: 'second' })
  const taking = await withdrawal(second)
  t.equal(await deliver(second), 'withdrawn', 'its attempt finds the withdrawal in the store')
  t.match(await row(sql, second.id), { state: 'withdrawn' })
  t.match(await row(sql, taking.id), { state: 'applied' })
  t.equal(await deliver(taking), 'no attempt')
  t.same(await counting(it.db.migrator), [])
  t.same(await sql`select 1 from withdrawn_batches`, [], 'no price was ever in the ledger')
})

t.test('a dead letter that was withdrawn is not applied after a redrive', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const target = await it.submit(file(200), { key: 'target' })
  await deliver(target, AbortSignal.abort(new Error('stop'))).catch(() => {})
  await sql`update batches set state = 'dead_lettered', dead_lettered_at = now() where id = ${target.id}`
  const taking = await withdrawal(target)
  await redriveBatch(sql, target.id)
  t.equal(await deliver(target), 'withdrawn')
  t.equal(await deliver(taking), 'no attempt')
})

t.test('the withdrawal of a batch that ended otherwise is rejected, and stays so', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const target = await it.submit('orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,-1\n', { key: 'target' })
  t.equal(await deliver(target), 'rejected')
  const taking = await withdrawal(target)
  t.equal(await deliver(taking), 'rejected')
  t.match(await sql`select state, first_errors from batches where id = ${taking.id}`, [{ state: 'rejected', first_errors: [{ code: 'not_withdrawable' }] }])
  t.match(await row(sql, target.id), { state: 'rejected', withdrawn: false })
  await it.db.migrator`delete from batch_attempts where batch_id in (${target.id}, ${taking.id})`
  await it.db.migrator`delete from batches where id in (${target.id}, ${taking.id})` // as a restored database
  t.equal(await deliver(taking), 'already final', 'the decision is in the store')
  t.equal(await deliver(target), 'already final')
  t.match(await row(sql, target.id), { state: 'rejected' })
})

t.test('a withdrawal that finds a part of the prices fails and takes nothing back', async t => {
  const it = await pipeline(t)
  const { sql, deliver, withdrawal } = applier(it)
  const target = await it.submit(file(200) + file(300, { lane: 'CNYTN,EETLL' }).split('\n').slice(1).join('\n'), { key: 'target' })
  t.equal(await deliver(target), 'applied')
  await it.db.migrator`delete from unmerged_prices where orig_code = 'CNYTN'`
  await t.rejects(deliver(await withdrawal(target)), { code: 'PRICES_MISSING' })
  t.match(await row(sql, target.id), { state: 'applied' })
  t.same(await counting(it.db.migrator), [200, 200, 200])
})
