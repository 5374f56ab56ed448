// PostgreSQL's binary COPY format: a header, tuples and a trailer. A tuple is the number of its fields (int16), and for each field its length
// (int32) and its bytes. Integers are big-endian.

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0' + '\0\0\0\0' + '\0\0\0\0', 'latin1') // signature, flags, length of the header extension (0)
const TRAILER = Buffer.from([0xff, 0xff]) // -1 fields
const DAYS_TO_2000 = 10_957

/** Length of the field of a port code: int32 5, five bytes. */
export const PORT_BYTES = 9

/** Tuples of a COPY, collected in buffers of about `chunkBytes`. */
export class CopyBuffer {
  readonly #chunkBytes: number
  readonly #bufferBytes: number
  bytes: Buffer
  /** Length of the bytes that are written. */
  length: number

  constructor (maxTupleBytes: number, chunkBytes: number) {
    this.#chunkBytes = chunkBytes
    this.#bufferBytes = chunkBytes + maxTupleBytes
    this.bytes = Buffer.allocUnsafeSlow(this.#bufferBytes)
    this.length = SIGNATURE.copy(this.bytes)
  }

  get isFull (): boolean {
    return this.length >= this.#chunkBytes
  }

  /** Returns the collected bytes and begins a new buffer. */
  take (): Buffer {
    const taken = this.bytes.subarray(0, this.length)
    this.bytes = Buffer.allocUnsafeSlow(this.#bufferBytes)
    this.length = 0
    return taken
  }

  /** Returns the remaining bytes and the trailer. */
  finish (): Buffer {
    return Buffer.concat([this.bytes.subarray(0, this.length), TRAILER])
  }
}

/** Returns the fields of port codes, {@link PORT_BYTES} each. */
export const portFields = (codes: readonly string[]): Uint8Array => Buffer.from(codes.map(code => `\0\0\0\x05${code}`).join(''), 'latin1')

export function put (bytes: Uint8Array, at: number, source: Uint8Array, start: number, length: number): number {
  for (let i = 0; i < length; i++) bytes[at + i] = source[start + i]!
  return at + length
}

export function putInt16 (bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 8
  bytes[at + 1] = value
  return at + 2
}

export function putInt32 (bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
  return at + 4
}

/** Writes the field of a date; `day` is in days since 1970-01-01. */
export function putDate (bytes: Uint8Array, at: number, day: number): number {
  return putInt32(bytes, putInt32(bytes, at, 4), day - DAYS_TO_2000)
}
