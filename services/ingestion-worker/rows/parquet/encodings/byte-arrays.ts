import type { DecodedBytes } from '../limits.ts'
import { corrupt } from '../refused.ts'
import { DeltaValues } from './delta.ts'
import type { Values } from './values.ts'

/** Reader of DELTA_LENGTH_BYTE_ARRAY: the lengths of all values, then the values. */
export class DeltaLengthByteArrays implements Values {
  readonly #bytes: Uint8Array
  readonly #lengths: DeltaValues
  #at: number

  constructor (bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#lengths = new DeltaValues(bytes, at, false)
    this.#at = new DeltaValues(bytes, at, false).skip().end
  }

  next (): Uint8Array {
    const start = this.#at
    const length = Number(this.#lengths.next())
    if (length < 0 || start + length > this.#bytes.length) throw corrupt('a page ends early')
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }
}

/** Reader of DELTA_BYTE_ARRAY: each value begins with a part of the one before. */
export class DeltaByteArrays implements Values {
  readonly #prefixes: DeltaValues
  readonly #suffixes: DeltaLengthByteArrays
  readonly #decoded: DecodedBytes
  #last = new Uint8Array(0)

  /** @param decoded counts the values: a page of a few bytes may have many long ones */
  constructor (bytes: Uint8Array, decoded: DecodedBytes) {
    this.#prefixes = new DeltaValues(bytes, 0, false)
    this.#suffixes = new DeltaLengthByteArrays(bytes, new DeltaValues(bytes, 0, false).skip().end)
    this.#decoded = decoded
  }

  next (): Uint8Array {
    const prefix = Number(this.#prefixes.next())
    const suffix = this.#suffixes.next()
    if (prefix < 0 || prefix > this.#last.length) throw corrupt('a value continues more than the one before')
    this.#decoded.add(prefix)
    const value = new Uint8Array(prefix + suffix.length)
    value.set(this.#last.subarray(0, prefix))
    value.set(suffix, prefix)
    this.#last = value
    return value
  }
}
