import fc from 'fast-check'
import t from 'tap'
import type { Sql } from 'postgres'
import { copy } from '../../../../../lib/postgres/copy.ts'
import { transaction } from '../../../../../lib/postgres/transaction.ts'
import { writeLedger } from '../../../../../services/ingestion-worker/apply/write-ledger.ts'
import { BatchPrices, type SortedPrices } from '../../../../../services/ingestion-worker/rows/output/batch-prices.ts'
import { encodeLedgerRows } from '../../../../../services/ingestion-worker/rows/output/ledger-rows.ts'
import { formatDay, parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'
import { database } from '../../../../harness/database.ts'
import { ports, rules } from '../../../../harness/read-rows.ts'

type Row = [orig: number, dest: number, day: number, cents: number]

function sorted (rows: Row[]): SortedPrices {
  const prices = new BatchPrices(rules)
  for (const row of rows) prices.add(...row)
  return prices.sort()
}

/** Returns rows as {@link stored} does. */
const written = (rows: Row[]): string[] =>
  rows.map(([orig, dest, day, cents]) => `${ports[orig]} ${ports[dest]} ${formatDay(day)} ${(cents / 100).toFixed(2)}`).sort()

async function stored (sql: Sql, batchNumber: number): Promise<string[]> {
  const rows = await sql<Array<{ row: string }>>`
    select concat_ws(' ', orig_code, dest_code, day, price) as row from all_prices where batch_number = ${batchNumber} and kind = 0`
  return rows.map(({ row }) => row).sort()
}

t.test('the view has each price of the rows: duplicates kept, cents exact, several months', async t => {
  const { migrator: sql } = await database(t)
  const port = fc.nat(ports.length - 1)
  const cents = fc.oneof(fc.integer({ min: 1, max: 2_000_000_000 }), fc.constantFrom(1, 255, 256, 0x7fffffff))
  const row = fc.tuple(port, port, fc.integer({ min: rules.firstDay, max: rules.lastDay }), cents)
  let batchNumber = 2 ** 40
  await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 200 }), async rows => {
    const doubled = [...rows, ...rows.slice(0, 3)]
    await transaction(sql, tx => writeLedger(tx, rules.ports.codes, ++batchNumber, sorted(doubled)))
    t.strictSame(await stored(sql, batchNumber), written(doubled))
    const lanes = await sql<Array<{ month: string, origs: string, dests: string }>>`select month, orig_codes as origs, dest_codes as dests from batch_lanes where batch_number = ${batchNumber} and kind = 0`
    t.strictSame(
      lanes.flatMap(({ month, origs, dests }) => origs.match(/.{5}/g)!.map((orig, at) => `${month} ${orig}${dests.slice(5 * at, 5 * at + 5)}`)).sort(),
      [...new Set(doubled.map(([orig, dest, day]) => `${formatDay(day).slice(0, 8)}01 ${ports[orig]}${ports[dest]}`))].sort())
  }), { numRuns: 30, seed: 2021 })
})

t.test('ten thousand prices of a lane and month are several rows of one run each', async t => {
  const { migrator: sql } = await database(t)
  const rows = Array.from({ length: 10_000 }, (_, at): Row => [0, 1, parseDay('2021-01-01') + at % 31, 1 + at * 199_999])
  await transaction(sql, tx => writeLedger(tx, rules.ports.codes, 7, sorted(rows)))
  t.strictSame(await stored(sql, 7), written(rows))
  t.same((await sql`select octet_length(days) as prices from unmerged_prices order by 1`).map(({ prices }) => prices), [1_808, 4_096, 4_096])
})

t.test('buffers of the requested size, with the same bytes', async t => {
  const rows = Array.from({ length: 3_000 }, (_, at): Row => [at % 5, at * 7 % 5, rules.firstDay + at * 31 % 360, 1 + at])
  const encode = (chunkBytes: number) => [...encodeLedgerRows(rules.ports.codes, 1n, sorted(rows), chunkBytes)]
  const pieces = encode(500)
  t.ok(pieces.length > 10)
  t.ok(pieces.slice(0, -1).every(({ length }) => length >= 500 && length < 500 + 58 + 5 * 100))
  t.ok(Buffer.concat(pieces).equals(Buffer.concat(encode(1e6))))
})

t.test('no prices', async t => {
  const { migrator: sql } = await database(t)
  await transaction(sql, tx => copy(tx, tx`copy unmerged_prices from stdin (format binary)`, encodeLedgerRows(rules.ports.codes, 1n, sorted([]))))
  t.same(await sql`select count(*)::int from unmerged_prices`, [{ count: 0 }])
})
