import type { DayOrder } from './day-text.ts'
import type { DecimalSign } from './price-text.ts'

/** Days of a row under each order, in days since 1970-01-01. Both are equal if the text has one reading. */
export type TwoDays = { dayMonth: number, monthDay: number }
/** Price of a row: cents, or the digits around a sign that separates thousands or decimals. */
export type TwoPrices = { cents: number } | { digits: number, sign: DecimalSign }

export type UndecidedRow = { row: number, orig: number, dest: number, from: TwoDays, to: TwoDays, price: TwoPrices }
export type DecidedRow = { row: number, orig: number, dest: number, from: number, to: number, price: TwoPrices }

const signs = [null, '.', ','] as const

/**
 * Rows with a value that has two readings, until the whole file is read: 33 bytes a row in typed arrays, so that a large file needs no second pass.
 */
export class UndecidedRows {
  length = 0
  #numbers = new Int32Array(8 * 1_024)
  #signs = new Uint8Array(1_024)

  add ({ row, orig, dest, from, to, price }: UndecidedRow): void {
    if (this.length === this.#signs.length) this.#grow()
    const at = this.length++
    const isDecided = 'cents' in price
    this.#numbers.set([row, orig, dest, from.dayMonth, from.monthDay, to.dayMonth, to.monthDay, isDecided ? price.cents : price.digits], at * 8)
    this.#signs[at] = isDecided ? 0 : signs.indexOf(price.sign)
  }

  /** Yields the rows, in the order of the file, with the days of an order. */
  * rows (order: DayOrder | null): Generator<DecidedRow> {
    const shift = order === 'month.day' ? 1 : 0
    for (let at = 0; at < this.length; at++) {
      const [row, orig, dest] = this.#numbers.subarray(at * 8, at * 8 + 3) as unknown as [number, number, number]
      const [from, to, price] = [this.#numbers[at * 8 + 3 + shift]!, this.#numbers[at * 8 + 5 + shift]!, this.#numbers[at * 8 + 7]!]
      const sign = signs[this.#signs[at]!]!
      yield { row, orig, dest, from, to, price: sign === null ? { cents: price } : { digits: price, sign } }
    }
  }

  #grow (): void {
    const [numbers, textSigns] = [new Int32Array(this.#numbers.length * 2), new Uint8Array(this.#signs.length * 2)]
    numbers.set(this.#numbers)
    textSigns.set(this.#signs)
    this.#numbers = numbers
    this.#signs = textSigns
  }
}
