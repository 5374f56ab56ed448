import { addRow, emptySums, type DaySums } from '../../../lib/ledger/row.ts'

/** Two ports or regions, with codes in any case, and the days whose months are queried. */
export type LaneQuery = { orig_code: string, dest_code: string, date_from: string, date_to: string }

/** The parameters of the statements. */
export type LaneParameters = { origCode: string, origSlug: string, destCode: string, destSlug: string, months: string[] }

export type Sides = {
  /** The kind of each code; null for an unknown code. */
  orig: 'port' | 'region' | null
  dest: 'port' | 'region' | null
  /** The port's own code, also if the query has an alias; null for other codes. */
  origPort: string | null
  destPort: string | null
}

/** Number and sum of the prices on each day. `month` is the first day of the month. */
export type MonthTotals = DaySums & { month: string }

export type LaneTotals = Sides & {
  /** The server's snapshot at the query: see snapshotOf. Null if the server refuses the function. */
  snapshot: string | null
  /** Every month of the query, in order. */
  months: MonthTotals[]
}

/** A row of a statement: sums or prices of one month, or neither if no month has a price. Each row repeats the sides and the snapshot. */
export type TotalsRow = Sides & { snapshot: string } & (SumsRow | PricesRow | { month: null })
/** Sums are decimal digits: over many lanes they may exceed the integers of a double. */
type SumsRow = { month: string, counts: Array<number | string>, sums: string[] }
type PricesRow = { month: string, counts: null, runs: Buffer, days: Buffer, cents: Buffer }

/** Adds up the rows of each month: sums and prices, of old and new tables, of each code of a port. */
export function totalsOf (rows: TotalsRow[], months: string[]): LaneTotals {
  const { orig, dest, origPort, destPort, snapshot } = rows[0]!
  const totals = new Map(months.map(month => [month, emptySums()]))
  for (const row of rows) {
    if (row.month === null) continue
    const sums = totals.get(row.month)!
    if (row.counts) addSums(sums, row)
    else addRow(sums, row)
  }
  return { orig, dest, origPort, destPort, snapshot: snapshot || null, months: months.map(month => ({ month, ...totals.get(month)! })) }
}

function addSums ({ counts, cents }: DaySums, row: SumsRow): void {
  for (let day = 0; day < 31; day++) {
    counts[day]! += Number(row.counts[day])
    cents[day]! += BigInt(row.sums[day]!)
  }
}
