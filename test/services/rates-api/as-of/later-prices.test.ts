import type { Sql } from 'postgres'
import t from 'tap'
import { mergeAll } from '../../../../lib/ledger/merge/merge-all.ts'
import { removePrices } from '../../../../lib/ledger/remove-prices.ts'
import { commitBatch, utc } from '../../../harness/commit-batch.ts'
import { insertLane } from '../../../harness/replicated.ts'
import { prices, type Price } from '../../../harness/prices.ts'
import { errorsOf, ratesApi } from '../../../harness/rates-api.ts'

const lane = { date_from: '2021-01-31', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }
const [cheap, dear, wide] = ['100 100 100', '900 900', '99999999.99 99999999.98'].map(list => prices(`CNGGZ EETLL 2021-01-31: ${list}`)) as [Price[], Price[], Price[]]

t.test('a response needs every price of its lanes and months: more than the maximum are refused, before one is read', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t, { limits: { asOf: { keepDays: 400, maxPrices: 7 } } })
  const { at } = await commitBatch(sql, [...cheap, ...prices('CNGGZ EETLL 2021-02-01: 5', 'CNGGZ EETLL 2021-01-01: 7 7', 'CNGGZ EEMUG 2021-01-01: 7')])
  await commitBatch(sql, dear)
  const asked = { ...lane, as_of: at }
  t.match((await get('/rates', asked)).body, { rates: [{ count: 3, price: 100 }] })
  const refused = await get('/rates', { ...asked, dest_code: 'baltic_main', date_to: '2021-02-01' })
  t.match(refused, { status: 400, body: { prices: 9, max_prices: 7, errors: [{ message: /9 prices, and the maximum is 7/ }] } })
  t.same(errorsOf(refused), ['as_of too_many_prices'])
  t.equal((await get('/rates', { ...lane, dest_code: 'baltic_main', date_to: '2021-02-01' })).status, 200, 'of now')
})

t.test('prices of four and of eight bytes, of batches that came and went', async t => {
  const { get, db } = await ratesApi(t)
  const { migrator: sql } = db
  const states: Array<[at: string, count: number | null]> = []
  const ask = async (): Promise<unknown[]> => await Promise.all(states.map(async ([at]) => (await get('/rates', { ...lane, as_of: at })).body.rates[0].count))
  const first = await commitBatch(sql, cheap)
  states.push([first.at, 3])
  const second = await commitBatch(sql, wide)
  states.push([second.at, 5])
  const third = await commitBatch(sql, dear, [second.number])
  states.push([third.at, 5], [(await commitBatch(sql, [], [first.number, third.number])).at, null])
  t.same(await ask(), states.map(([, count]) => count))
  await mergeAll(db.open('ingestion_worker'))
  t.same(await ask(), states.map(([, count]) => count))
  t.match((await get('/rates', lane)).body, { rates: [{ count: null }] })
})

t.test('sums without prices, of months that were dropped before the conversion, count at each moment', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t)
  await insertLane(sql)
  const { at } = await commitBatch(sql, cheap)
  await commitBatch(sql, dear)
  t.match((await get('/rates', lane)).body, { rates: [{ count: 6 }] })
  t.match((await get('/rates', { ...lane, as_of: at })).body, { rates: [{ count: 4 }] })
})

t.test('prices of a withdrawn batch are removed: no moment before the withdrawal is answered any more', async t => {
  const { get, db } = await ratesApi(t)
  const { migrator: sql } = db
  const [kept, gone] = [await commitBatch(sql, cheap), await commitBatch(sql, dear)]
  const withdrawn = await commitBatch(sql, [], [gone.number])
  t.match((await get('/rates', { ...lane, as_of: gone.at })).body, { rates: [{ count: 5 }] })
  await removePrices(db.open('ingestion_worker'), gone.number)
  t.match(await get('/rates', { ...lane, as_of: gone.at }), { status: 400, body: { earliest: withdrawn.at } })
  t.match(await get('/rates', { ...lane, as_of: kept.at }), { status: 400, body: { earliest: withdrawn.at } })
  t.match((await get('/rates', { ...lane, as_of: withdrawn.at })).body, { rates: [{ count: 3 }] })
})

t.test('a purged batch counts at no moment, also while its prices are removed', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t)
  const [kept, gone] = [await commitBatch(sql, cheap), await commitBatch(sql, [...dear, ...prices('CNGGZ EETLL 2021-02-01: 900 900')])]
  await commitBatch(sql, [], [gone.number])
  await sql`update withdrawn_batches set is_purged = true where batch_number = ${gone.number}`
  const counts = async () => (await get('/rates', { ...lane, date_to: '2021-02-01', as_of: gone.at })).body.rates.map(({ count }: { count: number }) => count)
  t.same(await counts(), [null, 3])
  await sql`delete from unmerged_prices where month = '2021-02-01'`
  t.same(await counts(), [null, 3], 'half of it is removed')
  const earliest = await sinceOf(sql)
  await removePrices(sql, gone.number)
  t.same(await counts(), [null, 3])
  t.equal(await sinceOf(sql), earliest)
  t.match((await get('/rates', { ...lane, as_of: kept.at })).body, { rates: [{ count: 3 }] })
})

async function sinceOf (sql: Sql): Promise<string> {
  const [row] = await sql<[{ at: string }]>`select ${utc(sql, sql`as_of_since`)} as at from ledger_position`
  return row.at
}
