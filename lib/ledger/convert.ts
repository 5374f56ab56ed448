import type { Sql } from 'postgres'
import { convertPiece, pieceRows } from './convert-piece.ts'
import { deleteSums } from './delete-sums.ts'

export type Conversion = {
  sql: Sql
  /** Called before each piece. */
  before?: () => Promise<void>
  /** Called with the number of lane-days, if `lane_months` had sums without prices. They are kept in `wide_merged_sums`. */
  onKept?: (laneDays: number) => void
}

/** Pages of `prices` in which the next batches are looked up: about 66,000 prices. */
const windowPages = 512
/** Pages of a month after which it is vacuumed: 256 MiB. */
const vacuumPages = 32_768

/**
 * Moves all prices from `prices`, `lane_months` and `full_lane_months` to the ledger by lane and month, in short transactions. The switch comes
 * first: nobody writes the old tables any more. Conversion can end at any point, and the next call continues. Returns false while another process
 * converts.
 *
 * Each month is converted from its last page on, so that VACUUM returns the empty pages at the end of the file to the operating system.
 */
export async function convert (conversion: Conversion): Promise<boolean> {
  const { sql, onKept } = conversion
  for (const month of await monthsWithPages(sql)) {
    if (!await convertMonth(conversion, month)) return false
  }
  const [left] = await sql<[{ exists: boolean }]>`select exists (select from prices)`
  if (left.exists) return true // hand-loaded meanwhile
  return await deleteSums(sql, onKept)
}

async function convertMonth ({ sql, before }: Conversion, month: string): Promise<boolean> {
  const pages = await pagesOf(sql, month)
  for (let end = pages, vacuumed = pages; end > 0; end -= windowPages) {
    const first = Math.max(0, end - windowPages)
    for (const batchNumber of await batchesIn(sql, month, first, end)) {
      for (let moved: number | undefined = pieceRows; moved === pieceRows;) {
        await before?.()
        moved = await convertPiece(sql, { month, batchNumber })
        if (moved === undefined) return false
      }
    }
    if (first === 0 || vacuumed - first >= vacuumPages) {
      await sql.unsafe(`vacuum (truncate on, skip_locked) ${partitionOf(month)}`)
      vacuumed = first
    }
  }
  return true
}

const partitionOf = (month: string): string => `prices_${month.slice(0, 7).replace('-', '_')}`

async function monthsWithPages (sql: Sql): Promise<string[]> {
  const rows = await sql<Array<{ month: string }>>`
    select month::text from price_months where pg_relation_size(to_regclass('prices_' || to_char(month, 'YYYY_MM'))) > 0 order by month`
  return rows.map(({ month }) => month)
}

async function pagesOf (sql: Sql, month: string): Promise<number> {
  const [row] = await sql<[{ pages: number }]>`select pg_relation_size(${partitionOf(month)}::regclass) / current_setting('block_size')::int as pages`
  return row.pages
}

/** Returns the batches that have prices in the pages from `first` to `end` (exclusive) of a month. */
async function batchesIn (sql: Sql, month: string, first: number, end: number): Promise<number[]> {
  const rows = await sql<Array<{ number: number }>>`
    select distinct batch_number as number from prices
    where day >= ${month}::date and day < (${month}::date + interval '1 month')::date and ctid >= ${`(${first},0)`}::tid and ctid < ${`(${end},0)`}::tid
    order by 1 desc`
  return rows.map(({ number }) => number)
}
