import t from 'tap'
import { isNearest } from '../../../harness/nearest.ts'
import { load, prices, type Price } from '../../../harness/prices.ts'
import { ratesApi } from '../../../harness/rates-api.ts'

const query = { date_from: '2021-01-28', date_to: '2021-02-02', orig_code: 'CNGGZ', dest_code: 'EETLL' }

t.test('16: gaps, one, two and three prices, over the end of a month', async t => {
  const { db, get } = await ratesApi(t)
  await load(db.migrator, prices(
    'CNGGZ EETLL 2021-01-29: 100', 'CNGGZ EETLL 2021-01-30: 100 200', 'CNGGZ EETLL 2021-01-31: 100 200 400', 'CNGGZ EETLL 2021-02-02: 1 1 1 1',
    'CNGGZ EETLL 2021-01-27: 9 9 9', 'CNGGZ EETLL 2021-02-03: 9 9 9', 'EETLL CNGGZ 2021-02-01: 9 9 9', 'CNGGZ EEMUG 2021-02-01: 9 9 9'))
  t.strictSame((await get('/rates', query)).body, {
    rates: [
      { day: '2021-02-02', count: 4, price: 1 },
      { day: '2021-02-01', count: null, price: null },
      { day: '2021-01-31', count: 3, price: 233.33333333333334 },
      { day: '2021-01-30', count: 2, price: null },
      { day: '2021-01-29', count: 1, price: null },
      { day: '2021-01-28', count: null, price: null },
    ],
  })
})

t.test('identical prices count separately', async t => {
  const { db, get } = await ratesApi(t)
  await load(db.migrator, prices('CNGGZ EETLL 2021-02-02: 5 5 5'))
  t.match((await get('/rates', query)).body.rates[0], { count: 3, price: 5 })
})

t.test('the mean is over prices, not over lanes', async t => {
  const { db, get } = await ratesApi(t)
  await load(db.migrator, prices('CNGGZ EETLL 2021-02-02: 100', 'CNGGZ EEMUG 2021-02-02: 10 10 10'))
  t.strictSame((await get('/rates', { ...query, dest_code: 'baltic_main' })).body.rates[0], { day: '2021-02-02', count: 4, price: 32.5 })
})

t.test('a mean of many prices with cents is the exact one, rounded once', async t => {
  const { db, get } = await ratesApi(t)
  // In floating point these sums are inexact: 0.1 + 0.2 + … ; in cents they are exact.
  const many: Price[] = Array.from({ length: 30_001 }, (_, index) => ({
    orig: index % 2 ? 'CNGGZ' : 'CNSHA', dest: 'EETLL', day: '2021-02-02', cents: BigInt(10 + (index * 7919) % 999_983),
  }))
  await load(db.migrator, many)
  const cents = many.reduce((sum, price) => sum + price.cents, 0n)
  const { body } = await get('/rates', { ...query, orig_code: 'china_main' })
  t.strictSame(body.rates[0], { day: '2021-02-02', count: 30_001, price: Number(cents) / 3_000_100 })
  const ported = many.filter(({ orig }) => orig === 'CNGGZ')
  const own = ported.reduce((sum, price) => sum + price.cents, 0n)
  t.strictSame((await get('/rates', query)).body.rates[0], { day: '2021-02-02', count: 15_000, price: Number(own) / 1_500_000 })
  const naive = many.reduce((sum, price) => sum + Number(price.cents) / 100, 0) / many.length
  t.not(body.rates[0].price, naive, 'a sum in dollars would differ')
})

t.test('sums above the integers of a double, of one lane and over two', async t => {
  const { db, get } = await ratesApi(t)
  const count = 2_000_000_003
  const cents = 999_999_999_999n * 9_000_003n // the largest price that the ledger holds, this many times
  const onTheSecond = (value: unknown) => `{0,${String(value)}${',0'.repeat(29)}}`
  for (const orig of ['CNGGZ', 'CNSHA']) {
    await db.migrator`
      insert into wide_merged_sums (orig_code, dest_code, month, counts, cents)
      values (${orig}, 'EETLL', '2021-02-01', ${onTheSecond(count)}::text::int[], ${onTheSecond(cents)}::text::bigint[])`
  }
  for (const [orig, lanes] of [['CNGGZ', 1], ['china_main', 2]] as const) {
    const [rate] = (await get('/rates', { ...query, orig_code: orig })).body.rates
    t.equal(rate.count, count * lanes)
    t.ok(isNearest(rate.price, cents * BigInt(lanes), BigInt(count * lanes) * 100n), `${rate.price}`)
  }
})
