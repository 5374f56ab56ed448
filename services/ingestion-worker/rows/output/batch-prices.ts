import { LaneMonths } from './lane-months.ts'
import { monthsBetween, type Months } from './months.ts'
import type { RowRules } from '../values/rules.ts'

const BLOCK_PRICES = 16_384

/** Prices in the order in which they were added: the number of the lane-month, the day of the month, and the cents of each. */
type Block = { laneMonths: Uint32Array, days: Uint8Array, cents: Int32Array }

/** Prices of one lane and month: `days[from, to)`, and four big-endian bytes each from `cents[4 * from]` on. */
export type LaneMonthPrices = {
  /** First day of the month, in days since 1970-01-01. */
  month: number
  /** Index into `rules.ports.codes`. */
  orig: number
  /** The same. */
  dest: number
  from: number
  to: number
}

export type SortedPrices = {
  days: Buffer
  cents: Buffer
  /** Number of lane-months. */
  size: number
  /** Returns the lane-months, ordered by month and by the indices of origin and destination. */
  laneMonths: () => Iterable<LaneMonthPrices>
}

/** Days are in days since 1970-01-01. */
export type Bounds = { firstDay: number, lastDay: number, lowest: number, highest: number }

/** Collects the prices of a batch, nine bytes each, and sorts them by month and lane. */
export class BatchPrices {
  readonly #blocks: Block[] = []
  #block = emptyBlock()
  /** Number of prices in the current block. */
  #length = 0
  readonly #laneMonths: LaneMonths
  readonly #firstDay: number
  readonly #months: Months
  readonly #ports: number

  constructor (rules: RowRules) {
    this.#ports = rules.ports.codes.length
    this.#firstDay = rules.firstDay
    this.#months = monthsBetween(rules.firstDay, rules.lastDay)
    this.#laneMonths = new LaneMonths(this.#ports, this.#months.first.length)
  }

  /** Adds a price; the arguments are those of `RowSink.price`. */
  add (orig: number, dest: number, day: number, cents: number): void {
    if (this.#length === BLOCK_PRICES) {
      this.#blocks.push(this.#block)
      this.#block = emptyBlock()
      this.#length = 0
    }
    const at = this.#length++
    const { laneMonths, days, cents: prices } = this.#block
    const sinceFirst = day - this.#firstDay
    laneMonths[at] = this.#laneMonths.count(this.#months.ofDay[sinceFirst]!, orig, dest)
    days[at] = this.#months.dayOfMonth[sinceFirst]!
    prices[at] = cents
  }

  /** Returns all prices, sorted. The caller must not add prices after this call. */
  sort (): SortedPrices {
    const order = this.#laneMonths.inOrder()
    const next = new Uint32Array(order.length)
    let total = 0
    for (const entry of order) {
      next[entry] = total
      total += this.#laneMonths.pricesOf(entry)
    }
    const days = Buffer.allocUnsafeSlow(total)
    const cents = Buffer.allocUnsafeSlow(total * 4)
    const view = new DataView(cents.buffer)
    const blocks = [...this.#blocks, this.#block]
    for (const [index, block] of blocks.entries()) {
      const length = index < blocks.length - 1 ? BLOCK_PRICES : this.#length
      for (let i = 0; i < length; i++) {
        const at = next[block.laneMonths[i]!]!++
        days[at] = block.days[i]!
        view.setInt32(at * 4, block.cents[i]!)
      }
    }
    return { days, cents, size: order.length, laneMonths: () => this.#inOrder(order) }
  }

  /** Number of prices so far. */
  get count (): number {
    return this.#blocks.length * BLOCK_PRICES + this.#length
  }

  /** Returns the first and the last day, and the lowest and the highest price; null without prices. A second pass is cheaper than a look at each. */
  bounds (): Bounds | null {
    if (this.count === 0) return null
    const { size } = this.#laneMonths
    let [firstMonth, lastMonth] = [Infinity, -Infinity]
    for (let entry = 0; entry < size; entry++) {
      firstMonth = Math.min(firstMonth, this.#monthOf(entry))
      lastMonth = Math.max(lastMonth, this.#monthOf(entry))
    }
    const isAtEnd = new Uint8Array(size)
    for (let entry = 0; entry < size; entry++) {
      isAtEnd[entry] = (this.#monthOf(entry) === firstMonth ? 1 : 0) | (this.#monthOf(entry) === lastMonth ? 2 : 0)
    }
    let [firstDay, lastDay, lowest, highest] = [31, 0, Infinity, 0]
    for (const { laneMonths, days, cents } of [...this.#blocks, this.#block]) {
      const length = laneMonths === this.#block.laneMonths ? this.#length : BLOCK_PRICES
      for (let at = 0; at < length; at++) {
        const price = cents[at]!
        if (price < lowest) lowest = price
        if (price > highest) highest = price
        const end = isAtEnd[laneMonths[at]!]!
        if (end === 0) continue
        if (end & 1 && days[at]! < firstDay) firstDay = days[at]!
        if (end & 2 && days[at]! > lastDay) lastDay = days[at]!
      }
    }
    return { firstDay: firstMonth + firstDay - 1, lastDay: lastMonth + lastDay - 1, lowest, highest }
  }

  /** Returns the first day of the month of a lane-month. */
  #monthOf (entry: number): number {
    return this.#months.first[this.#laneMonths.monthOf(entry)]!
  }

  * #inOrder (order: Uint32Array): Generator<LaneMonthPrices> {
    let from = 0
    for (const entry of order) {
      const month = this.#months.first[this.#laneMonths.monthOf(entry)]!
      const lane = this.#laneMonths.laneOf(entry)
      const orig = Math.floor(lane / this.#ports)
      const to = from + this.#laneMonths.pricesOf(entry)
      yield { month, orig, dest: lane - orig * this.#ports, from, to }
      from = to
    }
  }
}

const emptyBlock = (): Block => ({
  laneMonths: new Uint32Array(BLOCK_PRICES), days: new Uint8Array(BLOCK_PRICES), cents: new Int32Array(BLOCK_PRICES),
})
