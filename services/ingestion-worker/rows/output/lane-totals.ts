import { LaneDays } from './lane-days.ts'
import { MonthArray } from './month-array.ts'
import { monthOf } from './months.ts'
import type { RowRules } from '../values/rules.ts'

/** Row of `lane_months`: the prices that a batch adds to one lane in one month. */
export type LaneMonth = {
  orig: string
  dest: string
  /** YYYY-MM-01 */
  month: string
  /** Number of prices on each day, as a PostgreSQL array literal of 31 elements from the first of the month. */
  counts: string
  /** Sum in cents on each day, in the same form. */
  cents: string
}

/** Sums the prices of a batch by lane and day. Yields the sums by lane and month, in the key order of the read model. */
export class LaneTotals {
  readonly #laneDays: LaneDays
  readonly #firstDay: number
  /** Port codes in byte order. The rank of a port is its index here. */
  readonly #codes: readonly string[]
  /** Rank of each port. The numeric order of ranks is the byte order of codes. */
  readonly #ranks: Int32Array

  constructor (rules: RowRules) {
    const { codes } = rules.ports
    this.#laneDays = new LaneDays(codes.length, rules.lastDay - rules.firstDay + 1)
    this.#firstDay = rules.firstDay
    this.#codes = codes.toSorted((a, b) => a < b ? -1 : 1) // ASCII: UTF-16 order is byte order
    const ranks = new Map(this.#codes.map((code, rank) => [code, rank]))
    this.#ranks = Int32Array.from(codes, code => ranks.get(code)!)
  }

  /** Number of lane-days that have a price. */
  get laneDays (): number {
    return this.#laneDays.size
  }

  /** Adds a price; the arguments are those of `RowSink.price`. */
  add (orig: number, dest: number, day: number, cents: number): void {
    this.#laneDays.add(this.#ranks[orig]!, this.#ranks[dest]!, day - this.#firstDay, cents)
  }

  /** Yields all lane-months by origin, destination and month, in byte order of the codes, `chunkSize` at a time. */
  * months (chunkSize = 1000): Generator<LaneMonth[]> {
    const laneDays = this.#laneDays
    const keys = laneDays.sortedKeys()
    const counts = new MonthArray()
    const cents = new MonthArray()
    let chunk: LaneMonth[] = []
    for (let at = 0; at < keys.length;) {
      const lane = laneDays.laneOf(keys[at]!)
      const origin = laneDays.firstKey(lane) - this.#firstDay // a key minus `origin` is a day since 1970-01-01
      const month = monthOf(keys[at]! - origin)
      const past = Math.min(origin + month.last + 1, laneDays.firstKey(lane + 1))
      for (; at < keys.length && keys[at]! < past; at++) {
        const dayOfMonth = keys[at]! - origin - month.first + 1
        const entry = laneDays.entryOf(keys[at]!)
        counts.put(dayOfMonth, laneDays.count(entry))
        cents.put(dayOfMonth, laneDays.sum(entry))
      }
      const orig = Math.floor(lane / this.#codes.length)
      const dest = lane - orig * this.#codes.length
      chunk.push({
        orig: this.#codes[orig]!, dest: this.#codes[dest]!, month: month.text, counts: counts.end(), cents: cents.end(),
      })
      if (chunk.length >= chunkSize) {
        yield chunk
        chunk = []
      }
    }
    if (chunk.length > 0) yield chunk
  }
}
