import type { Sql } from 'postgres'
import { portCodePattern } from '../../../lib/reference/port-code.ts'
import { aliasPrices } from './alias-prices.ts'
import { monthsOf } from './days.ts'
import { lanePrices } from './lane-prices.ts'
import { regionPrices } from './region-prices.ts'
import type { Asked as LaneParameters, LaneQuery, LaneTotals } from './lane-totals.ts'

/**
 * How many prices each day of the months has between two sides, and what they add up to; every month is there. One statement
 * gives all of the answer. Where both codes look like a port's, the cheaper statements come first. Each tells when the answer is
 * another's: when a port has aliases, a lane has full rows, or a region's slug looks like a port's code. `tellsSnapshot` is false for
 * a server that refuses to tell its snapshot, and the statement with it.
 */
export async function averagePrices (sql: Sql, query: LaneQuery, withSnapshot = true): Promise<LaneTotals> {
  const parameters: LaneParameters = {
    origCode: query.orig_code.toUpperCase(),
    origSlug: query.orig_code.toLowerCase(),
    destCode: query.dest_code.toUpperCase(),
    destSlug: query.dest_code.toLowerCase(),
    months: monthsOf(query.date_from, query.date_to).map(({ month }) => month),
  }
  if (portCodePattern.test(parameters.origCode) && portCodePattern.test(parameters.destCode)) {
    const lane = await lanePrices(sql, parameters, withSnapshot) ?? await aliasPrices(sql, parameters, withSnapshot)
    if (lane) return lane
  }
  return await regionPrices(sql, parameters, withSnapshot)
}
