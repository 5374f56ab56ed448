import { corrupt } from '../refused.ts'
import type { PhysicalType } from '../schema.ts'
import { byteLengthOf, readFixed } from './plain.ts'
import type { Stored, Values } from './values.ts'

/** Reader of BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, and so on. */
export class SplitValues implements Values {
  readonly #bytes: Uint8Array
  readonly #type: PhysicalType
  readonly #count: number
  readonly #value: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor (bytes: Uint8Array, type: PhysicalType, length: number) {
    this.#bytes = bytes
    this.#type = type
    this.#value = new Uint8Array(byteLengthOf(type, length))
    this.#view = new DataView(this.#value.buffer)
    this.#count = bytes.length / this.#value.length
    if (!Number.isInteger(this.#count)) throw corrupt('a page has a part of a value')
  }

  next (): Stored {
    if (this.#at >= this.#count) throw corrupt('a page ends early')
    for (let index = 0; index < this.#value.length; index++) this.#value[index] = this.#bytes[index * this.#count + this.#at]!
    this.#at++
    return readFixed(this.#view, 0, this.#type, this.#value.length)
  }
}
