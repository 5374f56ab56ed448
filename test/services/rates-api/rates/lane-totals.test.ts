import t from 'tap'
import { seededRandom } from '../../../../lib/sample/random.ts'
import { averagePrices } from '../../../../services/rates-api/rates/average-prices.ts'
import { database } from '../../../harness/database.ts'
import { queryOf, sides, somePrice, totalsOfPrices } from '../../../harness/lane-queries.ts'
import { load, loadMerged, prices, takeBack, type Price } from '../../../harness/prices.ts'
import { ratesApi } from '../../../harness/rates-api.ts'

const random = seededRandom(15)
const below = (count: number) => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)]!

const months = ['2020-12', '2021-01', '2021-02']
const batchOf = (count: number): Price[] => Array.from({ length: count }, () => somePrice(random, months))

t.test('prices in any mixture, merged or not, taken back or not: the sums are those of the prices that count', async t => {
  const { migrator: sql, open } = await database(t)
  const reader = open('rates_api')
  const otherKind = batchOf(20)
  await load(sql, otherKind)
  await loadMerged(sql, otherKind)
  for (const table of ['unmerged_prices', 'merged_prices', 'merged_sums', 'wide_merged_sums']) await sql`update ${sql(table)} set kind = 1`
  const counting = new Set<Price[]>()
  const loaded: Array<{ batchNumber: bigint, prices: Price[] }> = []
  const ways: Array<(prices: Price[]) => Promise<unknown>> = [
    async prices => loaded.push({ batchNumber: await load(sql, prices), prices }),
    async prices => loaded.push({ batchNumber: await loadMerged(sql, prices), prices }),
  ]
  for (let round = 0; round < 30; round++) {
    const prices = batchOf(1 + below(60))
    counting.add(prices)
    await pick(ways)(prices)
    if (random() < 0.4 && loaded.length > 0) {
      const [{ batchNumber, prices }] = loaded.splice(below(loaded.length), 1) as [typeof loaded[number]]
      await takeBack(sql, batchNumber, prices)
      counting.delete(prices)
    }
    for (const side of sides) {
      const first = below(3)
      for (const asked of [months, months.slice(first, first + 1)]) {
        const totals = await averagePrices(reader, queryOf(side, asked))
        t.strictSame(totals.months, totalsOfPrices(side, asked, [...counting].flat()), `round ${round}: ${side.orig} to ${side.dest} in ${asked.join()}`)
      }
    }
  }
  const [row] = await sql`select count(*) as prices from all_prices where kind = 0`
  t.equal(row!.prices, [...counting].flat().length, 'the view has the same prices')
})

t.test('a day whose prices are all taken back is like a day without prices', async t => {
  const { db: { migrator: sql }, get } = await ratesApi(t)
  const batch = prices('CNGGZ EETLL 2021-01-31: 1 2 3')
  for (const write of [load, loadMerged]) await takeBack(sql, await write(sql, batch), batch)
  for (const orig of ['CNGGZ', 'china_main']) {
    t.strictSame((await get('/rates', { date_from: '2021-01-30', date_to: '2021-01-31', orig_code: orig, dest_code: 'EETLL' })).body.rates,
      ['2021-01-31', '2021-01-30'].map(day => ({ day, count: null, price: null })))
  }
})
