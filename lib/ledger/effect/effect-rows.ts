import type { LaneSums } from '../lane-day-sums.ts'
import { meanPrice, minPrices } from '../mean-price.ts'
import { sortInPieces } from './sort-in-pieces.ts'

// Numbers of a row: the lane, the day, counts and means before and after. A mean of fewer than three prices is NaN.
const columns = 6
const [LANE, DAY, COUNT_BEFORE, MEAN_BEFORE, COUNT_AFTER, MEAN_AFTER] = [0, 1, 2, 3, 4, 5]

/** The lane-days that a batch changes, in 48 bytes each. */
export class EffectRows {
  #values = new Float64Array(1_024 * columns)
  #length = 0
  readonly #lanes: string[] = []
  readonly #indexOf = new Map<string, number>()

  get length (): number { return this.#length }

  /** Adds the lane-days of a month in which `delta` is not 0. `after` includes `delta`. */
  add (month: string, after: LaneSums, delta: LaneSums): void {
    const firstDay = Number(month.slice(0, 7).replace('-', '')) * 100 + 1
    for (const [lane, { counts, cents }] of delta) {
      const sums = after.get(lane)
      for (let day = 0; day < 31; day++) {
        if (counts[day] === 0 && cents[day] === 0n) continue
        const [count, sum] = [sums?.counts[day] ?? 0, sums?.cents[day] ?? 0n]
        const before = count - counts[day]!
        this.#push(this.#laneIndex(lane), firstDay + day, before, mean(before, sum - cents[day]!), count, mean(count, sum))
      }
    }
  }

  #laneIndex (lane: string): number {
    let index = this.#indexOf.get(lane)
    if (index === undefined) this.#indexOf.set(lane, index = this.#lanes.push(lane) - 1)
    return index
  }

  #push (...row: number[]): void {
    const at = this.#length++ * columns
    if (at === this.#values.length) {
      const larger = new Float64Array(2 * at)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values.set(row, at)
  }

  /**
   * Yields the rows as lines of NDJSON: first those with the largest difference of the means. Rows without one of the means come last. Equal
   * differences are ordered by lane and day.
   */
  async * lines (): AsyncGenerator<string> {
    for (const row of await this.#sorted()) yield `${this.#line(row * columns)}\n`
  }

  /** Returns some of these lines, without line ends. */
  async page (first: number, limit: number): Promise<string[]> {
    return Array.from((await this.#sorted()).subarray(first, first + limit), row => this.#line(row * columns))
  }

  async #sorted (): Promise<Uint32Array> {
    const values = this.#values
    const rank = new Uint32Array(this.#lanes.length)
    const byName = this.#lanes.map((_, index) => index).sort((a, b) => this.#lanes[a]! < this.#lanes[b]! ? -1 : 1)
    for (const [place, index] of byName.entries()) rank[index] = place
    const difference = new Float64Array(this.#length)
    for (let row = 0; row < this.#length; row++) {
      const change = Math.abs(values[row * columns + MEAN_AFTER]! - values[row * columns + MEAN_BEFORE]!)
      difference[row] = Number.isNaN(change) ? -1 : change
    }
    return await sortInPieces(this.#length, (a, b) =>
      difference[b]! - difference[a]! ||
      rank[values[a * columns + LANE]!]! - rank[values[b * columns + LANE]!]! ||
      values[a * columns + DAY]! - values[b * columns + DAY]!)
  }

  #line (at: number): string {
    const values = this.#values
    const lane = this.#lanes[values[at + LANE]!]!
    const day = String(values[at + DAY])
    const number = (column: number): string => {
      const value = values[at + column]!
      return Number.isNaN(value) ? 'null' : String(value)
    }
    return `{"orig_code":"${lane.slice(0, 5)}","dest_code":"${lane.slice(5)}","day":"${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}",` +
      `"count_before":${number(COUNT_BEFORE)},"mean_before":${number(MEAN_BEFORE)},` +
      `"count_after":${number(COUNT_AFTER)},"mean_after":${number(MEAN_AFTER)}}`
  }
}

const mean = (count: number, cents: bigint): number => count < minPrices ? NaN : meanPrice(cents, count)
