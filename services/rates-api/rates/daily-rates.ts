import { csvLine } from '../../../lib/http/csv.ts'
import type { MonthTotals } from './lane-totals.ts'
import { dayOf, monthsOf } from './days.ts'
import { meanPrice, minPrices } from '../../../lib/ledger/mean-price.ts'

/** The rate of one day. `count` is null, not 0, for a day without prices: the service that this one replaces responds this way. */
export type Rate = { day: string, count: number | null, price: number | null }

/** Returns one rate for each day of the range, both ends included, the newest first. */
export function dailyRates (range: { date_from: string, date_to: string }, totals: readonly MonthTotals[]): Rate[] {
  const rates: Rate[] = []
  for (const { month, first, last } of monthsOf(range.date_from, range.date_to).toReversed()) {
    const { counts, cents } = totals.find(each => each.month === month)!
    for (let day = last; day >= first; day--) {
      const count = counts[day - 1] || null
      const price = count !== null && count >= minPrices ? meanPrice(cents[day - 1]!, count) : null
      rates.push({ day: dayOf(month, day), count, price })
    }
  }
  return rates
}

/** Returns the rates as CSV; null is an empty field. */
export function toCsv (rates: readonly Rate[]): string {
  return csvLine(['day', 'count', 'price']) + rates.map(({ day, count, price }) => csvLine([day, count, price])).join('')
}
