/** From one port or region to another, in any case, and the days whose months count. */
export type LaneQuery = { orig_code: string, dest_code: string, date_from: string, date_to: string }

/** The same as the statements take it. */
export type Asked = { origCode: string, origSlug: string, destCode: string, destSlug: string, months: string[] }

export type Sides = {
  /** The kind that each code stands for; null where nothing has it. */
  orig: 'port' | 'region' | null
  dest: 'port' | 'region' | null
  /** The port's own code, where the code is a port's own or an alias. */
  origPort: string | null
  destPort: string | null
}

export type MonthTotals = {
  /** First day of the month. */
  month: string
  /** Prices on each day, the first of the month first; null where no lane has a price in the month. */
  counts: Array<number | null> | null
  /** Their sums in cents: whole numbers in decimal digits, since a sum over many lanes may be longer than a double holds. */
  cents: Array<string | null> | null
}

export type LaneTotals = Sides & {
  /** What the database showed then: see snapshotOf. Null where it was not to be told. */
  snapshot: string | null
  months: MonthTotals[]
}

/** A statement's row. Each repeats all but the month; a row of `full_lane_months` has no snapshot and no sides. */
export type TotalsRow = Sides & MonthTotals & { snapshot: string | null }

export function totalsOf (rows: TotalsRow[]): LaneTotals {
  const { orig, dest, origPort, destPort, snapshot } = rows.find(row => row.snapshot !== null)!
  return { orig, dest, origPort, destPort, snapshot: snapshot || null, months: mergeMonths(rows) }
}

/** Adds up the rows of the same month: those of `full_lane_months` beside that of `lane_months`, and those of each code of a port. */
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
