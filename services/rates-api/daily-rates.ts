import { csvLine } from '../runtime/csv.ts'
import type { MonthTotals } from './average-prices.ts'
import { daysNewestFirst } from './days.ts'
import { meanPrice } from './mean-price.ts'

/** A day's answer. `count` is null, not 0, where there are no prices: the service that this one replaces answers so. */
export type Rate = { day: string, count: number | null, price: number | null }

/** Fewer prices than this have no mean. */
const fewestPrices = 3

/** One rate for each day of the range, both ends included, the newest first. */
export function dailyRates (range: { date_from: string, date_to: string }, months: readonly MonthTotals[]): Rate[] {
  const byMonth = new Map(months.map(totals => [totals.month.slice(0, 7), totals]))
  return daysNewestFirst(range.date_from, range.date_to).map(day => {
    const { counts, cents } = byMonth.get(day.slice(0, 7))!
    const at = Number(day.slice(8)) - 1
    const count = counts?.[at] || null
    return { day, count, price: count !== null && count >= fewestPrices ? meanPrice(cents![at]!, count) : null }
  })
}

/** The same as a table; null is an empty field. */
export function toCsv (rates: readonly Rate[]): string {
  return csvLine(['day', 'count', 'price']) + rates.map(({ day, count, price }) => csvLine([day, count, price])).join('')
}
