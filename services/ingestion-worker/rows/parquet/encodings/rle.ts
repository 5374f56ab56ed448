import { corrupt } from '../refused.ts'

// The bits of a value and of the bytes that it begins and ends in fit 31 bits. A dictionary of 2^24 values exceeds the limit of a row group.
const MAX_WIDTH = 24

/** Reader of the hybrid of run lengths and bit-packed values, which has definition levels and indexes of a dictionary. */
export class RleValues {
  readonly #bytes: Uint8Array
  readonly #width: number
  #at = 0
  /** Values left in the current run. */
  #left = 0
  #isPacked = false
  #repeated = 0
  #bits = 0
  #bitCount = 0

  /** @param width bits of a value */
  constructor (bytes: Uint8Array, width: number) {
    if (width > MAX_WIDTH) throw corrupt('a page has indexes of too many bits')
    this.#bytes = bytes
    this.#width = width
    if (width === 0) this.#left = Infinity // some writers store no run of values that can only be 0
  }

  next (): number {
    while (this.#left === 0) this.#nextRun()
    this.#left--
    if (!this.#isPacked) return this.#repeated
    while (this.#bitCount < this.#width) {
      this.#bits |= this.#byte() << this.#bitCount
      this.#bitCount += 8
    }
    const value = this.#bits & (1 << this.#width) - 1
    this.#bits >>>= this.#width
    this.#bitCount -= this.#width
    return value
  }

  #nextRun (): void {
    let header = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte()
      header += (byte & 127) * factor
      if (byte < 128) break
      if (factor > 2 ** 32) throw corrupt('a run is too long')
    }
    this.#isPacked = header % 2 === 1
    this.#left = Math.floor(header / 2) * (this.#isPacked ? 8 : 1)
    this.#bits = this.#bitCount = 0
    if (this.#isPacked) return
    this.#repeated = 0
    for (let shift = 0; shift < this.#width; shift += 8) this.#repeated |= this.#byte() << shift
  }

  #byte (): number {
    if (this.#at >= this.#bytes.length) throw corrupt('a page ends early')
    return this.#bytes[this.#at++]!
  }
}
