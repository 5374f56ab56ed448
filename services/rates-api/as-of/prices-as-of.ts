import type { Sql } from 'postgres'
import { transaction } from '../../../lib/postgres/transaction.ts'
import type { LaneParameters, LaneTotals } from '../rates/lane-totals.ts'
import { regionPrices } from '../rates/region-prices.ts'
import { checkMoment, type Moment } from './check-moment.ts'
import { laterPrices } from './later-prices.ts'
import { referenceThen } from './reference-then.ts'

/**
 * Returns the prices as they were known at a moment: the sums of now, less the prices that came later. All statements have one snapshot, so merging
 * beside them moves no price from one to the other.
 *
 * Throws what `checkMoment` and `laterPrices` throw.
 */
export async function pricesAsOf (sql: Sql, parameters: LaneParameters, moment: Moment, maxPrices: number): Promise<LaneTotals> {
  return await transaction(sql, async tx => {
    await checkMoment(tx, moment)
    const reference = referenceThen(tx, moment.asOf)
    const now = await regionPrices(tx, parameters, false, reference)
    const later = await laterPrices(tx, parameters, { asOf: moment.asOf, reference }, maxPrices)
    for (const { month, counts, cents } of now.months) {
      const ofMonth = later.get(month)!
      for (let day = 0; day < 31; day++) {
        counts[day]! -= ofMonth.counts[day]!
        cents[day]! -= ofMonth.cents[day]!
      }
    }
    return now
  }, 'isolation level repeatable read read only')
}
