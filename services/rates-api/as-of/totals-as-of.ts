import type { Host } from '../database/host.ts'
import { laneParameters } from '../rates/average-prices.ts'
import type { LaneQuery, LaneTotals } from '../rates/lane-totals.ts'
import { NotReached } from './check-moment.ts'
import { pricesAsOf } from './prices-as-of.ts'

export type AsOfLimits = {
  /** Days before today (UTC) that a moment may be in. */
  keepDays: number
  /** Maximum number of prices that a response is computed from. */
  maxPrices: number
}

/** Returns the prices as known at a moment, from a server. The primary passes the moment before, if no commit has. Throws NotReached on a replica. */
export async function totalsAsOf ({ name, query, passTime }: Host, lane: LaneQuery, asOf: string, limits: AsOfLimits): Promise<LaneTotals> {
  const isReplica = name !== 'primary'
  const read = (): Promise<LaneTotals> =>
    query(sql => pricesAsOf(sql, laneParameters(lane), { asOf, keepDays: limits.keepDays, isReplica }, limits.maxPrices))
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof NotReached) || isReplica) throw error
    await passTime()
    return await read()
  }
}
