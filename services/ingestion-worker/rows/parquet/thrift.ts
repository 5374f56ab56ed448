import { corrupt } from './refused.ts'

const STOP = 0
const TRUE = 1
const FALSE = 2
const BYTE = 3
const I16 = 4
const I32 = 5
const I64 = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const SET = 10
const MAP = 11
const STRUCT = 12
// Parquet nests structures about ten levels deep.
const MAX_DEPTH = 32

/**
 * Reader of the Thrift compact protocol, in which Parquet writes its footer and the headers of pages. Values that the caller does not read are
 * skipped, and allocate nothing. Every element takes at least one byte, so the time is linear whatever counts the file claims.
 */
export class ThriftReader {
  readonly #bytes: Uint8Array
  #at: number
  #type: number
  #depth = 0

  /** @param of what begins at `at` */
  constructor (bytes: Uint8Array, at = 0, of: 'structure' | 'list' = 'structure') {
    this.#bytes = bytes
    this.#at = at
    this.#type = of === 'list' ? LIST : STRUCT
  }

  /** Offset of the next byte. */
  get at (): number {
    return this.#at
  }

  /** Calls `field` with the id of each field of a structure. A field that `field` does not read is skipped. */
  readStruct (field: (id: number) => void): void {
    this.#expect(STRUCT)
    if (++this.#depth > MAX_DEPTH) throw corrupt('its structures are nested too deeply')
    for (let id = 0; ;) {
      const byte = this.#byte()
      const type = byte & 15
      if (type === STOP) break
      id = byte >> 4 ? id + (byte >> 4) : zigzag(this.#varint())
      this.#type = type
      const start = this.#at
      field(id)
      if (this.#at === start) this.#skip(type)
    }
    this.#depth--
  }

  /** Yields the index of each element of a list. An element that the caller does not read is skipped. */
  * readList (): Generator<number, void> {
    this.#expect(LIST)
    const { size, type } = this.#listHeader()
    for (let index = 0; index < size; index++) {
      this.#type = type
      const start = this.#at
      yield index
      if (this.#at === start) this.#skipElement(type)
    }
  }

  readInt (): number {
    if (this.#type === BYTE) return this.#byte() << 24 >> 24
    if (this.#type !== I16 && this.#type !== I32 && this.#type !== I64) throw corrupt('a field has another type than an integer')
    return zigzag(this.#varint())
  }

  /** Reads a field, not an element of a list. */
  readBoolean (): boolean {
    if (this.#type !== TRUE && this.#type !== FALSE) throw corrupt('a field has another type than a boolean')
    return this.#type === TRUE
  }

  readBinary (): Uint8Array {
    this.#expect(BINARY)
    const length = this.#varint()
    const start = this.#at
    this.#advance(length)
    return this.#bytes.subarray(start, this.#at)
  }

  #expect (type: number): void {
    if (this.#type !== type) throw corrupt('a field has an unexpected type')
  }

  #skip (type: number): void {
    switch (type) {
      case TRUE: case FALSE: return
      case BYTE: return this.#advance(1)
      case I16: case I32: case I64: this.#varint(); return
      case DOUBLE: return this.#advance(8)
      case BINARY: return this.#advance(this.#varint())
      case LIST: case SET: return this.#skipList()
      case MAP: return this.#skipMap()
      case STRUCT: this.#type = STRUCT; return this.readStruct(() => {})
      default: throw corrupt('a field has an unknown type')
    }
  }

  /** Skips an element of a list or a map. Unlike a field, a boolean takes a byte. */
  #skipElement (type: number): void {
    if (type === TRUE || type === FALSE) this.#advance(1)
    else this.#skip(type)
  }

  #skipList (): void {
    if (++this.#depth > MAX_DEPTH) throw corrupt('its lists are nested too deeply')
    const { size, type } = this.#listHeader()
    for (let index = 0; index < size; index++) this.#skipElement(type)
    this.#depth--
  }

  #skipMap (): void {
    const size = this.#varint()
    if (size === 0) return
    if (++this.#depth > MAX_DEPTH) throw corrupt('its maps are nested too deeply')
    const types = this.#byte()
    for (let index = 0; index < size; index++) {
      this.#skipElement(types >> 4)
      this.#skipElement(types & 15)
    }
    this.#depth--
  }

  #listHeader (): { size: number, type: number } {
    const byte = this.#byte()
    return { size: byte >> 4 === 15 ? this.#varint() : byte >> 4, type: byte & 15 }
  }

  #advance (length: number): void {
    if (length > this.#bytes.length - this.#at) throw corrupt('a field ends early')
    this.#at += length
  }

  #byte (): number {
    if (this.#at >= this.#bytes.length) throw corrupt('a structure ends early')
    return this.#bytes[this.#at++]!
  }

  #varint (): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
      if (factor > 2 ** 63) throw corrupt('an integer is too long')
    }
  }
}

/** Decodes a ZigZag integer. Integers of more than 53 bits are in skipped fields only. */
function zigzag (value: number): number {
  if (value > Number.MAX_SAFE_INTEGER) throw corrupt('a number is absurd')
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
