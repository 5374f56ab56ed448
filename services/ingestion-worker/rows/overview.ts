import type { Understood } from '../../../lib/batch/understood.ts'
import { formatDay } from './values/days.ts'

const firstPrices = 5

type Overview = Pick<Understood, 'prices' | 'first_day' | 'last_day' | 'lowest_price' | 'highest_price' | 'first_prices'>

/** Collects the bounds and the first prices of a batch, while its rows are read. */
export class PriceOverview {
  #prices = 0
  #firstDay = Infinity
  #lastDay = -Infinity
  #lowest = Infinity
  #highest = 0
  readonly #first: Array<[orig: number, dest: number, day: number, cents: number]> = []

  add (orig: number, dest: number, day: number, cents: number): void {
    if (this.#prices++ < firstPrices) this.#first.push([orig, dest, day, cents])
    if (day < this.#firstDay) this.#firstDay = day
    if (day > this.#lastDay) this.#lastDay = day
    if (cents < this.#lowest) this.#lowest = cents
    if (cents > this.#highest) this.#highest = cents
  }

  /** @param codes of the ports, by their numbers */
  result (codes: readonly string[]): Overview {
    const isEmpty = this.#prices === 0
    return {
      prices: this.#prices,
      first_day: isEmpty ? null : formatDay(this.#firstDay), last_day: isEmpty ? null : formatDay(this.#lastDay),
      lowest_price: isEmpty ? null : this.#lowest / 100, highest_price: isEmpty ? null : this.#highest / 100,
      first_prices: this.#first.map(([orig, dest, day, cents]) => (
        { orig_code: codes[orig]!, dest_code: codes[dest]!, day: formatDay(day), price: cents / 100 }
      )),
    }
  }
}
