import t, { type Test } from 'tap'
import { averagePrices } from '../../../../../services/rates-api/rates/average-prices.ts'
import { addToLaneMonths } from '../../../../../services/ingestion-worker/apply/before-switch/lane-months.ts'
import type { LaneMonth } from '../../../../../services/ingestion-worker/apply/before-switch/lane-sums.ts'
import { transaction } from '../../../../../lib/postgres/transaction.ts'
import { beforeSwitch, database } from '../../../../harness/database.ts'
import { pipeline, type Pipeline } from '../../../../harness/pipeline.ts'
import { startWorker } from '../../../../harness/worker.ts'

const header = 'orig_code,dest_code,day,price\n'
const lane = { orig_code: 'CNGGZ', dest_code: 'EETLL', date_from: '2021-01-01', date_to: '2021-01-31' }
const region = { ...lane, orig_code: 'china_main' }
const endOfBigint = 2n ** 63n - 1n
const onThe5th = (value: bigint | number) => `{0,0,0,0,${value}${',0'.repeat(26)}}`

for (const [name, count, cents] of [
  ['cents: two batches of 9999999999.99 that the previous release applied', 9_223_372, endOfBigint],
  ['prices: as many as int holds', 2 ** 31 - 1, BigInt(2 ** 31 - 1) * 115_000n],
] as const) {
  t.test(`a lane-day at the limit of its type accepts other providers' batches; ${name}`, async t => {
    const it = await pipeline(t, { maxReceives: 1 }) // a batch that fails once becomes a dead letter
    await beforeSwitch(it.db.migrator)
    await it.db.migrator`insert into lane_months values ('CNGGZ', 'EETLL', '2021-01-01', ${onThe5th(count)}::text::int[], ${onThe5th(cents)}::text::bigint[])`
    startWorker(t, it)
    for (const provider of ['demo', 'demo-2', 'demo-3']) {
      const { id } = await it.submit(`${header}CNGGZ,EETLL,2021-01-05,1154.50\nCNGGZ,NOOSL,2021-01-05,1\n`, { provider })
      t.match(await attempts(it, id), { state: 'applied', attempts: 1 }, provider)
    }
    await same(t, it, { count: count + 3, cents: cents + 3n * 115_450n })
  })
}

t.test('a hundred batches with the most prices and the highest price that can be configured', async t => {
  const it = { db: await database(t) }
  await beforeSwitch(it.db.migrator)
  const worker = it.db.open('ingestion_worker')
  const counts = 2 ** 30 // BATCH_MAX_ROWS
  const cents = BigInt(counts) * 2_000_000_000n // PRICE_MAX_USD
  const batch: LaneMonth = { orig: 'CNGGZ', dest: 'EETLL', month: '2021-01-01', counts: onThe5th(counts), cents: onThe5th(cents) }
  for (let sent = 0; sent < 100; sent++) await transaction(worker, tx => addToLaneMonths(tx, [[batch]]))
  await same(t, it, { count: counts * 100, cents: cents * 100n })
})

t.test('the sum of a lane that is not full is exact also from 2^53 on', async t => {
  const db = await database(t)
  for (const cents of [2n ** 53n + 1n, 2n ** 62n - 1n]) {
    await db.migrator`delete from lane_months`
    await db.migrator`insert into lane_months values ('CNGGZ', 'EETLL', '2021-01-01', ${onThe5th(3)}::text::int[], ${onThe5th(cents)}::text::bigint[])`
    await same(t, { db }, { count: 3, cents })
  }
})

t.test('two concurrent batches that meet the same full rows', async t => {
  const db = await database(t)
  await beforeSwitch(db.migrator)
  const month = (dest: string): LaneMonth => ({ orig: 'CNGGZ', dest, month: '2021-01-01', counts: onThe5th(1), cents: onThe5th(100) })
  for (const dest of ['EETLL', 'NOOSL']) {
    await db.migrator`insert into lane_months values ('CNGGZ', ${dest}, '2021-01-01', ${onThe5th(2 ** 31 - 1)}::text::int[], ${onThe5th(5)}::text::bigint[])`
  }
  const worker = db.open('ingestion_worker')
  await Promise.all(Array.from({ length: 8 }, () => transaction(worker, tx => addToLaneMonths(tx, [[month('EETLL'), month('NOOSL')]]))))
  t.same(await db.migrator`select dest_code, counts[5] as prices from lane_months order by 1`, [{ dest_code: 'EETLL', prices: 8 }, { dest_code: 'NOOSL', prices: 8 }])
  t.same(await db.migrator`select dest_code, counts[5] as prices from full_lane_months order by 1`,
    [{ dest_code: 'EETLL', prices: 2 ** 31 - 1 }, { dest_code: 'NOOSL', prices: 2 ** 31 - 1 }])
})

/** Resolves when the batch is final or has failed once. */
async function attempts ({ db, settled }: Pipeline, id: string): Promise<unknown> {
  const { state } = await settled(id, 'applied', 'rejected', 'dead_lettered')
  const [row] = await db.migrator`select count(*) as attempts from batch_attempts where batch_id = ${id}`
  return { state, attempts: row!.attempts }
}

/** Asserts that the responses for a lane and for a region on the 5th are as expected. */
async function same (t: Test, { db }: Pick<Pipeline, 'db'>, expected: { count: number, cents: bigint }): Promise<void> {
  for (const query of [lane, region]) {
    const { months } = await averagePrices(db.open('rates_api'), query)
    t.equal(months.length, 1)
    const { counts, cents } = months[0]!
    t.equal(counts![4], expected.count, query.orig_code)
    t.equal(BigInt(cents![4]!), expected.cents, query.orig_code)
  }
}
