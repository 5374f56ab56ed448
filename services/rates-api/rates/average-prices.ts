import type { Sql } from 'postgres'
import { portCodePattern } from '../../../lib/reference/port-code.ts'
import { aliasPrices } from './alias-prices.ts'
import { monthsOf } from './days.ts'
import { lanePrices } from './lane-prices.ts'
import { regionPrices } from './region-prices.ts'
import type { LaneParameters, LaneQuery, LaneTotals } from './lane-totals.ts'

/**
 * Returns the number and the sum of prices for each day of the months between two sides; every month is present. One statement
 * produces the whole result. If both codes have the form of a port code, the cheaper statements run first. They return null if they do
 * not apply: a port has aliases, or a region's slug has the form of a port code. `withSnapshot` is false for a server that refuses the
 * snapshot function.
 */
export async function averagePrices (sql: Sql, query: LaneQuery, withSnapshot = true): Promise<LaneTotals> {
  const parameters = laneParameters(query)
  if (portCodePattern.test(parameters.origCode) && portCodePattern.test(parameters.destCode)) {
    const lane = await lanePrices(sql, parameters, withSnapshot) ?? await aliasPrices(sql, parameters, withSnapshot)
    if (lane) return lane
  }
  return await regionPrices(sql, parameters, withSnapshot)
}

export function laneParameters (query: LaneQuery): LaneParameters {
  return {
    origCode: query.orig_code.toUpperCase(),
    origSlug: query.orig_code.toLowerCase(),
    destCode: query.dest_code.toUpperCase(),
    destSlug: query.dest_code.toLowerCase(),
    months: monthsOf(query.date_from, query.date_to).map(({ month }) => month),
  }
}
