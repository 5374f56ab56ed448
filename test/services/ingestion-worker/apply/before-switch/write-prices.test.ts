import fc from 'fast-check'
import t from 'tap'
import { transaction } from '../../../../../lib/postgres/transaction.ts'
import { laneSums } from '../../../../../services/ingestion-worker/apply/before-switch/lane-sums.ts'
import { writePrices } from '../../../../../services/ingestion-worker/apply/before-switch/write-prices.ts'
import { BatchPrices } from '../../../../../services/ingestion-worker/rows/output/batch-prices.ts'
import { formatDay, parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'
import { beforeSwitch, database } from '../../../../harness/database.ts'
import { pipeline } from '../../../../harness/pipeline.ts'
import { ports, rules } from '../../../../harness/read-rows.ts'
import { startWorker } from '../../../../harness/worker.ts'

type Row = [orig: number, dest: number, day: number, cents: number]

// Every number of integer digits, with zero digits (to the base 10,000) in each place, and every kind of decimals.
const cents = [...new Set([
  1, 10, 99, 100, 115_400, 115_433, 999_900, 999_999, 1_000_000, 1_000_001, 1_000_100, 2_000_000_000, 2_147_483_646, 2_147_483_647,
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap(digits => ['1', '9'].flatMap(digit => [0, 5, 50].map(part => Number(digit.repeat(digits)) * 100 + part))),
])].filter(cents => cents > 0 && cents < 2 ** 31)

const sorted = (rows: Row[]) => {
  const prices = new BatchPrices(rules)
  for (const row of rows) prices.add(...row)
  return prices.sort()
}

t.test('prices are stored as PostgreSQL reads them from text, and the sums are those of the prices', async t => {
  const db = await database(t)
  await beforeSwitch(db.migrator)
  const sql = db.migrator
  const rows = cents.flatMap((price, at): Row[] => [1, 2].map(step => [at % 5, (at + step) % 5, rules.firstDay + at * 7 % 360, price]))
  await transaction(db.open('ingestion_worker'), tx => writePrices(tx, rules.ports.codes, 2 ** 50, sorted(rows)))
  await sql`create table wanted (like prices)`
  await sql`insert into wanted ${sql(rows.map(([orig, dest, day, price]) => ({
    orig_code: ports[orig]!, dest_code: ports[dest]!, day: formatDay(day), price: (price / 100).toFixed(2), batch_number: 2 ** 50,
  })))}`
  // numeric_send gives the stored form, which equality does not compare: 1154 and 1154.00 are equal.
  const columns = sql`orig_code, dest_code, day, price::text, numeric_send(price) as sent, pg_column_size(price) as size, batch_number::text`
  t.same(await sql`select ${columns} from prices order by price, day, dest_code`, [...await sql`select ${columns} from wanted order by price, day, dest_code`])
  t.same(await sql`
    with ledger as (
      select orig_code, dest_code, day, count(*) as count, sum(price * 100)::bigint as cents from prices group by 1, 2, 3
    ), model as (
      select orig_code, dest_code, (month + i::int - 1) as day, counts[i] as count, cents[i] as cents
      from lane_months, generate_series(1, 31) as i where counts[i] > 0
    )
    select * from ledger full join model using (orig_code, dest_code, day)
    where ledger.count is distinct from model.count or ledger.cents is distinct from model.cents`, [])
})

t.test('sums come in the key order of the release before, by which batches of common lanes wait for each other', async () => {
  const port = fc.nat(ports.length - 1)
  const row = fc.tuple(port, port, fc.integer({ min: rules.firstDay, max: rules.lastDay }), fc.integer({ min: 1, max: 2_000_000_000 }))
  fc.assert(fc.property(fc.array(row, { maxLength: 300 }), fc.integer({ min: 1, max: 20 }), (rows, chunkSize) => {
    const keys = rows.map(([orig, dest, day]) => [orig, dest, `${formatDay(day).slice(0, 8)}01`].join(' '))
    const chunks = [...laneSums(['0', '1', '2', '3', '4'], sorted(rows), chunkSize)]
    const found = chunks.flat().map(({ orig, dest, month }) => [orig, dest, month].join(' '))
    return JSON.stringify(found) === JSON.stringify([...new Set(keys)].sort()) && chunks.slice(0, -1).every(chunk => chunk.length === chunkSize)
  }), { numRuns: 100, seed: 2021 })
})

t.test('sums above the exact integers of a double are exact', async t => {
  const rows = Array.from({ length: 5_000_000 }, (): Row => [1, 2, parseDay('2021-02-28'), 1_999_999_999])
  const [chunk] = laneSums(rules.ports.codes, sorted(rows))
  t.match(chunk, [{ counts: `{${'0,'.repeat(27)}5000000,0,0,0}`, cents: `{${'0,'.repeat(27)}${5_000_000n * 1_999_999_999n},0,0,0}` }])
})

t.test('a worker before the switch writes what the release before reads, and no position', async t => {
  const it = await pipeline(t)
  await beforeSwitch(it.db.migrator)
  startWorker(t, it)
  const { id } = await it.submit('orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100.25\nCNGGZ,EETLL,2021-01-05,100.25\n')
  await it.settled(id, 'applied')
  t.same(await it.db.migrator`select day, price::text from prices`, Array(2).fill({ day: '2021-01-05', price: '100.25' }))
  t.same(await it.db.migrator`select counts[5] as count, cents[5] as cents from lane_months`, [{ count: 2, cents: 20_050 }])
  t.same(await it.db.migrator`select row_count, position from applied_batches`, [{ row_count: 2, position: null }])
  t.same(await it.db.migrator`select 1 from unmerged_prices union all select 1 from batch_lanes`, [])
})
