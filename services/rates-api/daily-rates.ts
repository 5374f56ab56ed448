import type { MonthTotals } from './average-prices.ts'
import { daysNewestFirst } from './days.ts'
import { meanPrice } from './mean-price.ts'

/** A day's answer. `count` is null, not 0, where there are no prices: clients of the service that this one replaces rely on it. */
export type Rate = { day: string, count: number | null, price: number | null }

/** Fewer prices than this on a day have no mean. */
const fewest = 3

/** One rate for each day of the range, both ends included, the newest first. */
export function dailyRates (from: string, to: string, months: readonly MonthTotals[]): Rate[] {
  const byMonth = new Map(months.map(totals => [totals.month.slice(0, 7), totals]))
  return daysNewestFirst(from, to).map(day => {
    const totals = byMonth.get(day.slice(0, 7))
    const index = Number(day.slice(8)) - 1
    const count = totals?.counts[index] || null
    return { day, count, price: count !== null && count >= fewest ? meanPrice(totals!.cents[index]!, count) : null }
  })
}
