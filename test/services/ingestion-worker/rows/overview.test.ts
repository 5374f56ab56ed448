import fc from 'fast-check'
import t from 'tap'
import { BatchPrices } from '../../../../services/ingestion-worker/rows/output/batch-prices.ts'
import { FirstPrices } from '../../../../services/ingestion-worker/rows/output/first-prices.ts'
import { overviewOf } from '../../../../services/ingestion-worker/rows/overview.ts'
import { formatDay } from '../../../../services/ingestion-worker/rows/values/days.ts'
import { ports, rules } from '../../../harness/read-rows.ts'

t.test('the overview of prices is that of a plain look at each', async () => {
  const day = fc.integer({ min: rules.firstDay, max: rules.lastDay })
  const price = fc.record({ orig: fc.nat(4), dest: fc.nat(4), day, cents: fc.integer({ min: 1, max: 10 ** 8 }) })
  fc.assert(fc.property(fc.array(price, { minLength: 1, maxLength: 30 }), fc.constantFrom(1, 2_000), (given, times) => {
    const all = Array.from({ length: times }, () => given).flat()
    const [prices, first] = [new BatchPrices(rules), new FirstPrices(5)]
    for (const { orig, dest, day, cents } of all) prices.add(orig, dest, day, cents)
    // The rows that wait, every third one, come last.
    const rows = [...all.entries()]
    const inOrder = [...rows.filter(([row]) => row % 3 > 0), ...rows.filter(([row]) => row % 3 === 0)]
    for (const [row, { orig, dest, day, cents }] of inOrder) first.add(row, orig, dest, day, cents)
    const [days, cents] = [given.map(({ day }) => day), given.map(({ cents }) => cents)]
    t.strictSame(overviewOf(prices, first, ports), {
      prices: all.length, first_day: formatDay(Math.min(...days)), last_day: formatDay(Math.max(...days)),
      lowest_price: Math.min(...cents) / 100, highest_price: Math.max(...cents) / 100,
      first_prices: all.slice(0, 5).map(({ orig, dest, day, cents }) => (
        { orig_code: ports[orig], dest_code: ports[dest], day: formatDay(day), price: cents / 100 }
      )),
    })
  }), { numRuns: 60 })
})

t.test('the overview of no prices', async t => {
  const none = { first_day: null, last_day: null, lowest_price: null, highest_price: null }
  t.strictSame(overviewOf(new BatchPrices(rules), new FirstPrices(5), ports), { prices: 0, ...none, first_prices: [] })
})
