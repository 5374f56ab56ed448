import type { Understood } from '../../../lib/batch/understood.ts'
import type { BatchPrices } from './output/batch-prices.ts'
import type { FirstPrices } from './output/first-prices.ts'
import { formatDay } from './values/days.ts'

type Overview = Pick<Understood, 'prices' | 'first_day' | 'last_day' | 'lowest_price' | 'highest_price' | 'first_prices'>

/** Returns the bounds and the first prices of a batch. `codes` are those of the ports, by their numbers. */
export function overviewOf (prices: BatchPrices, first: FirstPrices, codes: readonly string[]): Overview {
  const bounds = prices.bounds()
  return {
    prices: prices.count,
    first_day: bounds && formatDay(bounds.firstDay), last_day: bounds && formatDay(bounds.lastDay),
    lowest_price: bounds && bounds.lowest / 100, highest_price: bounds && bounds.highest / 100,
    first_prices: first.prices.map(({ orig, dest, day, cents }) => (
      { orig_code: codes[orig]!, dest_code: codes[dest]!, day: formatDay(day), price: cents / 100 }
    )),
  }
}
