import type { Sql } from 'postgres'
import { aliasPrices } from './alias-prices.ts'
import { monthsOf } from './days.ts'
import { lanePrices } from './lane-prices.ts'
import { regionPrices } from './region-prices.ts'

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

/**
 * How many prices each day of the months has between two sides, and what they add up to; every month is there. One statement
 * gives all of the answer. Where both codes look like a port's, the cheaper statements come first. Each tells when the answer is
 * another's: when a port has aliases, a lane has full rows, or a region's slug looks like a port's code. `tellsSnapshot` is false for
 * a server that refuses to tell its snapshot, and the statement with it.
 */
export async function averagePrices (sql: Sql, query: LaneQuery, tellsSnapshot = true): Promise<LaneTotals> {
  const asked: Asked = {
    origCode: query.orig_code.toUpperCase(),
    origSlug: query.orig_code.toLowerCase(),
    destCode: query.dest_code.toUpperCase(),
    destSlug: query.dest_code.toLowerCase(),
    months: monthsOf(query.date_from, query.date_to).map(({ month }) => month),
  }
  if (looksLikePort(asked.origCode) && looksLikePort(asked.destCode)) {
    const lane = await lanePrices(sql, asked, tellsSnapshot) ?? await aliasPrices(sql, asked, tellsSnapshot)
    if (lane) return lane
  }
  return await regionPrices(sql, asked, tellsSnapshot)
}

const looksLikePort = (code: string): boolean => /^[A-Z]{2}[A-Z0-9]{3}$/.test(code)

export function totalsOf (rows: TotalsRow[]): LaneTotals {
  const { orig, dest, origPort, destPort, snapshot } = rows.find(row => row.snapshot !== null)!
  return { orig, dest, origPort, destPort, snapshot: snapshot || null, months: oneEach(rows) }
}

/** Adds up the rows of the same month: those of `full_lane_months` beside that of `lane_months`, and those of each code of a port. */
function oneEach (rows: TotalsRow[]): MonthTotals[] {
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
