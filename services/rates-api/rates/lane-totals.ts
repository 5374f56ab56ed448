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

export type MonthTotals = {
  /** First day of the month. */
  month: string
  /** Prices on each day, from the first of the month; null if no lane has a price in the month. */
  counts: Array<number | null> | null
  /** Their sums in cents, as decimal digits: a sum over many lanes may exceed the integers of a double. */
  cents: Array<string | null> | null
}

export type LaneTotals = Sides & {
  /** The server's snapshot at the query: see snapshotOf. Null if the server refuses the function. */
  snapshot: string | null
  months: MonthTotals[]
}

/** A row of a statement. Each row repeats all but the month. A row of `full_lane_months` has no snapshot and no sides. */
export type TotalsRow = Sides & MonthTotals & { snapshot: string | null }

export function totalsOf (rows: TotalsRow[]): LaneTotals {
  const { orig, dest, origPort, destPort, snapshot } = rows.find(row => row.snapshot !== null)!
  return { orig, dest, origPort, destPort, snapshot: snapshot || null, months: mergeMonths(rows) }
}

/** Adds up rows of the same month: `full_lane_months` and `lane_months`, and each code of a port. */
function mergeMonths (rows: TotalsRow[]): MonthTotals[] {
  const months = new Map<string, MonthTotals>()
  for (const row of rows) {
    const earlier = months.get(row.month)
    months.set(row.month, earlier ? sumOf(earlier, row) : row)
  }
  return months.size === rows.length ? rows : [...months.values()]
}

const sumOf = ({ month, counts, cents }: MonthTotals, more: MonthTotals): MonthTotals => ({
  month,
  counts: counts!.map((count, day) => count! + more.counts![day]!),
  cents: cents!.map((sum, day) => String(BigInt(sum!) + BigInt(more.cents![day]!))),
})
