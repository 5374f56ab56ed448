import { test } from 'tap'
import { database } from '../../../harness/database.ts'
import { insertUnmerged, type UnmergedRow } from '../../../harness/ledger.ts'
import { pauseAtWrites } from '../../../harness/lock.ts'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { findDue, type Due, type LaneMonth } from '../../../../lib/ledger/merge/due.ts'
import { mergeLanes, type Merged } from '../../../../lib/ledger/merge/step.ts'
import type { Sql } from 'postgres'
import { addRow, emptySums, runsOf, type LedgerRow } from '../../../../lib/ledger/row.ts'

async function mergeStep (sql: Sql, from: LaneMonth | null, minRows: number): Promise<Due & Merged> {
  const due = await findDue(sql, from, minRows)
  return { ...due, ...await mergeLanes(sql, due) }
}

const rowsOf = (count: number, row: Partial<UnmergedRow> = {}): UnmergedRow[] =>
  Array.from({ length: count }, (_, at) => ({ batch: at + 1, prices: [[1 + at % 31, 1000n + BigInt(at)], [31, 7n]], ...row }))

test('rows of a lane become one row, with its sums', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  await insertUnmerged(sql, rowsOf(8))
  const before = await db.migrator`select * from all_prices order by day, price, batch_number`
  t.match(await mergeStep(sql, null, 8), { rows: 8, prices: 16, most: 8, scanned: 8, next: null })
  t.strictSame(await db.migrator`select * from all_prices order by day, price, batch_number`, before)
  const [merged, ...more] = await sql<Array<LedgerRow & { counts: number[], sums: string[] }>>`
    select runs, days, merged_prices.cents, counts, merged_sums.cents::bigint[] as sums from merged_prices join merged_sums using (kind, month, orig_code, dest_code)`
  t.strictSame(more, [])
  t.strictSame(runsOf(merged!).map(({ batchNumber }) => Number(batchNumber)), [1, 2, 3, 4, 5, 6, 7, 8])
  const sums = emptySums()
  addRow(sums, merged!)
  t.strictSame([merged!.counts, merged!.sums.map(BigInt)], [sums.counts, sums.cents])
  t.equal((await sql`select from unmerged_prices`).length, 0)
})

test('lanes with fewer rows wait, and nothing is written', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  await insertUnmerged(sql, rowsOf(7))
  const wal = async (): Promise<unknown> => (await db.migrator`select xmin::text, ctid::text from unmerged_prices`).map(row => ({ ...row }))
  const before = await wal()
  t.match(await mergeStep(sql, null, 8), { rows: 0, most: 7, scanned: 7 })
  t.strictSame(await wal(), before)
})

test('wide rows and rows that are taken back', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  const wide: UnmergedRow['prices'] = [[3, 999_999_999_999n], [4, 5n]]
  await insertUnmerged(sql, [...rowsOf(5), ...rowsOf(2, { prices: wide }), ...rowsOf(1, { sign: -1, prices: wide })])
  await mergeStep(sql, null, 8)
  const merged = await sql<LedgerRow[]>`select runs, days, cents from merged_prices order by octet_length(days) desc`
  t.strictSame(merged.map(row => [row.days.length, row.cents.length]), [[10, 40], [6, 48]])
  t.strictSame(runsOf(merged[1]!).map(({ sign }) => sign), [1, 1, -1])
  const [sums, ...more] = await sql`select counts, cents from wide_merged_sums union all select counts, cents from merged_sums`
  t.strictSame(more, [])
  t.equal(sums!.counts[2], 1 + 2 - 1)
  t.equal(sums!.cents[2], String(1002n + 999_999_999_999n))
})

test('rows of one size are merged four at a time, until a row is full', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  const sizes: number[][] = []
  for (let round = 0; round < 8; round++) {
    await insertUnmerged(sql, rowsOf(8, { prices: Array.from({ length: 128 }, (_, at) => [1 + at % 31, 100n] as const) }))
    await mergeStep(sql, null, 8)
    sizes.push((await sql`select octet_length(days) as prices from merged_prices order by 1 desc`).map(row => row.prices as number))
  }
  t.strictSame(sizes, [[1024], [1024, 1024], [1024, 1024, 1024], [2048, 2048], [2048, 2048, 1024],
    [2048, 2048, 1024, 1024], [2048, 2048, 1024, 1024, 1024], [2048, 2048, 2048, 2048]])
  const [sums] = await sql`select (select sum(count) from unnest(counts) as count)::int as prices, count(*) over ()::int as rows from merged_sums`
  t.match(sums, { prices: 8 * 1024, rows: 1 })
})

test('sums that exceed their types become wide; full wide sums stay, and the lane gets another row', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  const counts = async (table: string): Promise<unknown[]> => (await sql`select counts[1] as count from ${sql(table)} order by 1`).map(row => row.count)
  const insert = (table: string, count: number): Promise<unknown> =>
    sql`insert into ${sql(table)} values (0, '2021-01-01', 'CNGGZ', 'EETLL', array_fill(${count}::int, array[31]), array_fill(2147483647, array[31]))`
  const merge = async (): Promise<unknown> => {
    await insertUnmerged(sql, rowsOf(8))
    await mergeStep(sql, null, 8)
    return [await counts('merged_sums'), await counts('wide_merged_sums')]
  }
  await insert('merged_sums', 32_767)
  t.strictSame(await merge(), [[], [32_768]])
  t.strictSame(await merge(), [[1], [32_768]])
  await insert('merged_sums', 32_766)
  await sql`update wide_merged_sums set counts = array_fill(1073741824, array[31])`
  t.strictSame(await merge(), [[], [32_768, 1_073_741_824]])
  await insert('merged_sums', 32_767)
  t.strictSame(await merge(), [[], [65_536, 1_073_741_824]])
})

test('a step is bounded: by lanes of one month, and by bytes', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  const large = Array.from({ length: 4_096 }, () => [1, 100n] as const)
  await insertUnmerged(sql, [...rowsOf(2), ...rowsOf(2, { month: '2021-02-01' }), ...rowsOf(250, { dest: 'FIHEL', prices: large })])
  const first = await mergeStep(sql, null, 2)
  t.match(first, { next: { month: '2021-02-01' } })
  t.ok(first.rows < 200 && first.rows > 170, `${first.rows} rows`)
  t.match(await mergeStep(sql, first.next, 2), { rows: 2, next: null })
  t.match(await mergeStep(sql, null, 2), { rows: 252 - first.rows })
  t.equal((await sql`select from unmerged_prices`).length, 0)
})

test('two workers never wait for each other', async t => {
  const db = await database(t)
  const [one, two] = [db.open('ingestion_worker'), db.open('ingestion_worker')]
  await insertUnmerged(one, [...rowsOf(8), ...rowsOf(8, { orig: 'DEHAM' })])
  await db.migrator.begin(async tx => {
    await tx`select pg_advisory_xact_lock(hashtextextended('merge 0 2021-01-01 CNGGZ', 0))`
    t.match(await mergeStep(two, null, 8), { rows: 8 })
    t.strictSame((await one`select distinct orig_code from unmerged_prices`).map(row => row.orig_code), ['CNGGZ'])
  })
  await mergeStep(one, null, 8)
  t.equal((await one`select from unmerged_prices`).length, 0)
  t.match(await one`select counts[31] as count from merged_sums`, [{ count: 8 }, { count: 8 }])
})

test('rows that arrive during a merge of their lane wait for the next one', async t => {
  const db = await database(t)
  const one = db.open('ingestion_worker')
  const two = openDatabase({ url: db.url('ingestion_worker'), process: 'test', poolSize: 1, settings: { lock_timeout: '100ms' } })
  t.teardown(() => two.end())
  await insertUnmerged(one, rowsOf(8))
  const { pauses } = await pauseAtWrites(db.migrator, ['merged_sums'], () => mergeStep(one, null, 8), async () => {
    await insertUnmerged(two, rowsOf(8))
    t.match(await mergeStep(two, null, 8), { rows: 0, most: 16 })
  })
  t.strictSame(pauses, ['merged_sums'])
  t.match(await mergeStep(two, null, 8), { rows: 8, most: 8 })
  t.match(await one`select counts[31] as count from merged_sums`, [{ count: 16 }])
})
