import { corrupt } from '../refused.ts'
import type { Values } from './values.ts'

/** Reader of DELTA_BINARY_PACKED: a first value, then blocks of differences, each in miniblocks of one bit width. */
export class DeltaValues implements Values {
  readonly #bytes: Uint8Array
  readonly #isLong: boolean
  readonly #miniblocks: number
  readonly #perMiniblock: number
  #at: number
  /** Values left, of all blocks. */
  #left: number
  #value: number | bigint
  #isFirst = true
  #minimum: number | bigint = 0
  #widthsAt = 0
  /** Miniblock of the block, and values left in it. */
  #miniblock: number
  #inMiniblock = 0
  #width = 0
  #byte = 0
  #free = 0

  /** @param isLong whether the values have 64 bits, and are bigints */
  constructor (bytes: Uint8Array, at: number, isLong: boolean) {
    this.#bytes = bytes
    this.#at = at
    this.#isLong = isLong
    const blockSize = Number(this.#varint())
    this.#miniblocks = Number(this.#varint())
    this.#left = Number(this.#varint())
    this.#value = this.#zigzag()
    this.#perMiniblock = blockSize / this.#miniblocks
    // Miniblocks of whole bytes, as the format requires. Without this check, a block of no values would be read without an end.
    if (!(this.#perMiniblock >= 8 && this.#perMiniblock % 8 === 0 && blockSize <= 2 ** 24)) throw corrupt('a block of differences has an absurd size')
    this.#miniblock = this.#miniblocks
  }

  /** Number of values that are left. */
  get left (): number {
    return this.#left
  }

  next (): number | bigint {
    if (this.#left === 0) throw corrupt('a page ends early')
    this.#left--
    if (this.#isFirst) {
      this.#isFirst = false
      return this.#value
    }
    if (this.#inMiniblock === 0) this.#nextMiniblock()
    this.#inMiniblock--
    const difference = this.#readBits(this.#width)
    this.#value = this.#isLong
      ? BigInt.asIntN(64, (this.#value as bigint) + (this.#minimum as bigint) + BigInt(difference))
      : (this.#value as number) + (this.#minimum as number) + Number(difference) | 0
    return this.#value
  }

  /** Reads all values that are left. Returns their sum and the offset after them. */
  skip (): { sum: number, end: number } {
    let sum = 0
    while (this.#left > 0) sum += Number(this.next())
    // The last miniblock is padded. The miniblocks after it are not stored.
    const end = this.#at + (this.#inMiniblock * this.#width - this.#free) / 8
    return { sum, end: Math.ceil(end) }
  }

  #nextMiniblock (): void {
    if (++this.#miniblock >= this.#miniblocks) {
      this.#minimum = this.#zigzag()
      this.#widthsAt = this.#at
      this.#at += this.#miniblocks
      this.#miniblock = 0
    }
    this.#width = this.#bytes[this.#widthsAt + this.#miniblock] ?? Infinity
    if (this.#width > (this.#isLong ? 64 : 32)) throw corrupt('a difference has too many bits')
    this.#inMiniblock = this.#perMiniblock
    this.#free = 0
  }

  /** Reads an integer of up to 64 bits, the lowest bit first. */
  #readBits (width: number): number | bigint {
    if (width > 48) return BigInt(this.#readBits(32)) | BigInt(this.#readBits(width - 32)) << 32n
    let value = 0
    for (let got = 0; got < width;) {
      if (this.#free === 0) {
        this.#byte = this.#nextByte()
        this.#free = 8
      }
      const taken = Math.min(this.#free, width - got)
      value += (this.#byte >> 8 - this.#free & (1 << taken) - 1) * 2 ** got
      this.#free -= taken
      got += taken
    }
    return value
  }

  #nextByte (): number {
    if (this.#at >= this.#bytes.length) throw corrupt('a page ends early')
    return this.#bytes[this.#at++]!
  }

  #varint (): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#nextByte()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
      if (shift > 63n) throw corrupt('an integer is too long')
    }
  }

  /** Reads a ZigZag integer. The difference of two INT32 has up to 33 bits, of which 32 count. */
  #zigzag (): number | bigint {
    const value = this.#varint()
    const signed = value >> 1n ^ -(value & 1n)
    return this.#isLong ? BigInt.asIntN(64, signed) : Number(BigInt.asIntN(32, signed))
  }
}
