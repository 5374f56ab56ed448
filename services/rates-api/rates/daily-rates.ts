import { csvLine } from '../../../lib/http/csv.ts'
import type { MonthTotals } from './lane-totals.ts'
import { dayOf, monthsOf } from './days.ts'
import { meanPrice } from './mean-price.ts'

/** A day's answer. `count` is null, not 0, where there are no prices: the service that this one replaces answers so. */
export type Rate = { day: string, count: number | null, price: number | null }

/** Fewer prices than this have no mean. */
const minPrices = 3

/** One rate for each day of the range, both ends included, the newest first. */
export function dailyRates (range: { date_from: string, date_to: string }, totals: readonly MonthTotals[]): Rate[] {
  const rates: Rate[] = []
  for (const { month, first, last } of monthsOf(range.date_from, range.date_to).toReversed()) {
    const { counts, cents } = totals.find(each => each.month === month)!
    for (let day = last; day >= first; day--) {
      const count = counts?.[day - 1] || null
      const price = count !== null && count >= minPrices ? meanPrice(cents![day - 1]!, count) : null
      rates.push({ day: dayOf(month, day), count, price })
    }
  }
  return rates
}

/** The same as a table; null is an empty field. */
export function toCsv (rates: readonly Rate[]): string {
  return csvLine(['day', 'count', 'price']) + rates.map(({ day, count, price }) => csvLine([day, count, price])).join('')
}
