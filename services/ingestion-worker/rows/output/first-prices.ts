export type Price = { orig: number, dest: number, day: number, cents: number }

/** The first prices of a file, by their rows. Rows that waited for the conventions of the file are added last. */
export class FirstPrices {
  readonly #count: number
  readonly #all: Array<Price & { row: number }> = []

  /** @param count number of prices that are kept */
  constructor (count: number) {
    this.#count = count
  }

  get isFull (): boolean {
    return this.#all.length === this.#count
  }

  /** In the order of the rows, and of the days of a validity. */
  get prices (): readonly Price[] {
    return this.#all
  }

  /** Adds a price of a row, if it is one of the first. The arguments after the row are those of `RowSink.price`. */
  add (row: number, orig: number, dest: number, day: number, cents: number): void {
    if (this.isFull && row >= this.#all.at(-1)!.row) return
    const later = this.#all.findIndex(other => other.row > row)
    this.#all.splice(later < 0 ? this.#all.length : later, 0, { row, orig, dest, day, cents })
    if (this.#all.length > this.#count) this.#all.pop()
  }
}
