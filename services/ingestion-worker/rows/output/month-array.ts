const DAYS = 31
const MAX_DIGITS = 19 // of a bigint
const BILLION = 1_000_000_000
const ZERO = 0x30
const COMMA = 0x2c

/**
 * Writes PostgreSQL array literals with one integer for each day of a month. Writes bytes, because a string concatenated from sixty
 * pieces would have to be flattened before it is sent.
 */
export class MonthArray {
  readonly #bytes = Buffer.alloc(2 + DAYS * (MAX_DIGITS + 1), '{')
  #length = 1
  /** Number of days written. */
  #days = 0

  /** Sets the value of a day, 1 to 31, in ascending order. Skipped days are 0. A value too large for an exact number is a bigint. */
  put (day: number, value: number | bigint): void {
    this.#zerosUntil(day - 1)
    this.#days = day
    if (typeof value === 'bigint') this.#length += this.#bytes.write(String(value), this.#length, 'latin1')
    else if (value < BILLION) this.#digits(value, digitsOf(value))
    else {
      const billions = Math.floor(value / BILLION)
      this.#digits(billions, digitsOf(billions))
      this.#digits(value - billions * BILLION, 9)
    }
    this.#bytes[this.#length++] = COMMA
  }

  /** Returns the literal and begins the next one. */
  end (): string {
    this.#zerosUntil(DAYS)
    this.#bytes[this.#length - 1] = 0x7d // replaces the last comma
    const text = this.#bytes.toString('latin1', 0, this.#length)
    this.#length = 1
    this.#days = 0
    return text
  }

  #zerosUntil (day: number): void {
    for (; this.#days < day; this.#days++) {
      this.#bytes[this.#length++] = ZERO
      this.#bytes[this.#length++] = COMMA
    }
  }

  /** Writes the last `count` decimal digits of a number below 2^31. */
  #digits (value: number, count: number): void {
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const tens = value / 10 | 0
      this.#bytes[at] = ZERO + value - tens * 10
      value = tens
    }
    this.#length += count
  }
}

function digitsOf (value: number): number {
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits++
  return digits
}
