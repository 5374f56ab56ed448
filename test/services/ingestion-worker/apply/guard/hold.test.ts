import t from 'tap'
import { mergeAll } from '../../../../../lib/ledger/merge/merge-all.ts'
import { release } from '../../../../../lib/batch/release.ts'
import { applier } from '../../../../harness/corrections.ts'
import { pipeline, type Pipeline } from '../../../../harness/pipeline.ts'

const guard = { providers: ['demo'], factor: 3, share: 0.1 }
const header = 'orig_code,dest_code,day,price\n'
const lanes = ['CNGGZ,EETLL', 'CNYTN,EETLL', 'CNXMN,EETLL', 'CNGGZ,DEHAM']
/** A sheet of all lanes and the given days, about 1,000 USD. */
const sheet = (days: string[], factor = 1, of = lanes): string =>
  header + of.flatMap((lane, at) => days.map(day => `${lane},${day},${(1_000 + at * 50) * factor}\n`)).join('')
const month = (name: string, from = 1, to = 28): string[] => Array.from({ length: to - from + 1 }, (_, at) => `${name}-${String(from + at).padStart(2, '0')}`)
const row = async ({ db }: Pipeline, id: string): Promise<Record<string, unknown>> =>
  ({ ...(await db.migrator`select state, reason, row_count, held_at is not null as held from batches where id = ${id}`)[0] })

t.test('a sheet with prices × 10 is held, and the provider goes on; released, it is applied', async t => {
  const it = await pipeline(t)
  const { sql, deliver } = applier(it, guard)
  t.equal(await deliver(await it.submit(sheet(month('2021-01')), { key: 'first' })), 'applied', 'nothing to compare with')
  await mergeAll(sql)
  const wrong = await it.submit(sheet(month('2021-02'), 10), { key: 'wrong' })
  t.equal(await deliver(wrong), 'held')
  t.match(await row(it, wrong.id), { state: 'held', row_count: 112, held: true, reason: /^OUTLIERS: .* in 108 of 108 rows/ })
  t.equal(await it.visible(wrong.id), 0)
  t.equal(await deliver(wrong), 'no attempt')
  t.equal(await deliver(await it.submit(sheet(month('2021-02')), { key: 'next' })), 'applied')

  const api = it.db.open('ingestion_api')
  const before = await it.queue.countMessages()
  t.same(await release({ ...it, sql: api }, wrong.id, { name: 'demo', reason: 'it is so' }), { state: 'queued', changed: true })
  t.same(await release({ ...it, sql: api }, wrong.id, { name: 'demo', reason: null }), { state: 'queued', changed: false })
  t.equal(await it.queue.countMessages(), before + 1)
  t.equal(await deliver(wrong), 'applied')
  t.equal(await it.visible(wrong.id), 112)
  t.same(await it.db.migrator`select action, reason from dead_letter_actions`, [{ action: 'release', reason: 'it is so' }])
})

t.test('what is compared', async t => {
  const it = await pipeline(t)
  const { deliver, withdrawal } = applier(it, guard)
  t.equal(await deliver(await it.submit(sheet(month('2021-01')), { key: 'first' })), 'applied')
  const outcome = async (name: string, csv: string, options = {}): Promise<string> => await deliver(await it.submit(csv, { key: name, ...options }))
  t.equal(await outcome('low', sheet(['2021-02-05'], 0.1)), 'held', 'too low')
  t.equal(await outcome('within', sheet(['2021-02-05'], 2.9)), 'applied')
  t.equal(await outcome('new lanes', sheet(['2021-02-05'], 10, ['CNNGB,DEHAM'])), 'applied', 'a lane without prices is not compared')
  t.equal(await outcome('late', sheet(['2021-04-05'], 10)), 'applied', 'no prices of the 30 days before')
  t.equal(await outcome('first of March', sheet(['2021-03-01'], 10, ['CNYTN,EETLL'])), 'held', 'the fifth of February is within 30 days')
  const few = header + [...month('2021-02', 6, 24).map(day => `CNXMN,EETLL,${day},1000\n`), 'CNXMN,EETLL,2021-02-25,50000\n'].join('')
  t.equal(await outcome('few', few), 'applied', 'one of twenty rows')
  t.equal(await outcome('other', sheet(['2021-02-05'], 10), { provider: 'other' }), 'applied', 'a provider that is not guarded')

  const held = await it.submit(sheet(['2021-02-06'], 100), { key: 'to be withdrawn' })
  t.equal(await deliver(held), 'held')
  t.equal(await deliver(await withdrawal(held)), 'withdrawn')
  t.match(await row(it, held.id), { state: 'withdrawn' })
  await t.rejects(release({ ...it, sql: it.db.open('ingestion_api') }, held.id, { name: 'demo', reason: null }), { code: 'not-held' })
})

t.test('prices that the batch replaces are not compared with', async t => {
  const it = await pipeline(t)
  const { deliver } = applier(it, { ...guard, providers: ['*'] })
  const wrong = await it.submit(sheet(month('2021-01'), 10), { key: 'wrong' })
  t.equal(await deliver(wrong), 'applied')
  t.equal(await deliver(await it.submit(sheet(month('2021-01', 2)), { key: 'beside' })), 'held')
  const right = await it.submit(sheet(month('2021-01')), { key: 'right', replaces: [wrong.id] })
  t.equal(await deliver(right), 'applied')
})
