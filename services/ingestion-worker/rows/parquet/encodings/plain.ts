import { corrupt } from '../refused.ts'
import type { PhysicalType } from '../schema.ts'
import type { Stored, Values } from './values.ts'

/** Creates a reader of values of PLAIN encoding. */
export function plainValues (bytes: Uint8Array, type: PhysicalType, length: number): Values {
  return type === 'BYTE_ARRAY' ? new PlainByteArrays(bytes) : new FixedValues(bytes, type, length)
}

/** Returns the length of a value of a type of fixed length, in bytes. */
export function byteLengthOf (type: PhysicalType, length: number): number {
  if (type === 'INT32' || type === 'FLOAT') return 4
  if (type === 'INT64' || type === 'DOUBLE') return 8
  if (type === 'INT96') return 12
  if (type === 'FIXED_LEN_BYTE_ARRAY' && length > 0) return length
  throw corrupt('a column has no length of its values')
}

/** Reads one value of a type of fixed length, which {@link byteLengthOf} returns. */
export function readFixed (view: DataView, at: number, type: PhysicalType, length: number): Stored {
  if (at + length > view.byteLength) throw corrupt('a page ends early')
  switch (type) {
    case 'INT32': return view.getInt32(at, true)
    case 'INT64': return view.getBigInt64(at, true)
    case 'FLOAT': return view.getFloat32(at, true)
    case 'DOUBLE': return view.getFloat64(at, true)
    default: return new Uint8Array(view.buffer, view.byteOffset + at, length)
  }
}

class FixedValues implements Values {
  readonly #view: DataView
  readonly #type: PhysicalType
  readonly #length: number
  #at = 0

  constructor (bytes: Uint8Array, type: PhysicalType, length: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#type = type
    this.#length = byteLengthOf(type, length)
  }

  next (): Stored {
    const value = readFixed(this.#view, this.#at, this.#type, this.#length)
    this.#at += this.#length
    return value
  }
}

/** Each value after its length. */
class PlainByteArrays implements Values {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  next (): Uint8Array {
    const start = this.#at + 4
    const end = start <= this.#bytes.length ? start + this.#view.getUint32(this.#at, true) : Infinity
    if (end > this.#bytes.length) throw corrupt('a page ends early')
    this.#at = end
    return this.#bytes.subarray(start, end)
  }
}
