import type { RowRules } from '../values/rules.ts'

// A tuple of prices (orig_code, dest_code, day, price, batch_number):
//   int16  5                           fields
//   int32  5, five bytes               orig_code text
//   int32  5, five bytes               dest_code text
//   int32  4, int32                    day: days since 2000-01-01
//   int32  8 + 2n, 4 × int16, n × int16   price: number of digits, weight of the first, sign, decimals; digits in base 10,000
//   int32  8, int64                    batch_number
const COLUMNS = 5
const MAX_TUPLE_BYTES = 2 + 9 + 9 + 8 + (12 + 2 * 4) + 12
const DAYS_TO_2000 = 10_957
const PORT_BYTES = 9
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0' + '\0\0\0\0' + '\0\0\0\0', 'latin1') // signature, flags, length of the header extension (0)
const TRAILER = Buffer.from([0xff, 0xff]) // -1 fields

/**
 * Encodes prices in PostgreSQL's binary COPY format for `copy prices (orig_code, dest_code, day, price, batch_number) from stdin (format
 * binary)`, and collects them in buffers. A price is stored exactly as the text `1154` or `12.5` would be in numeric(12, 2).
 */
export class CopyEncoder {
  readonly #chunkBytes: number
  /** Length and code of each port, as encoded in a tuple. */
  readonly #ports: Uint8Array
  /** Length and value of batch_number, as encoded in a tuple. */
  readonly #batch: Buffer
  readonly #full: Buffer[] = []
  #bytes: Buffer
  #length: number

  /**
   * @param batchNumber value of `batch_number` in every row
   * @param chunkBytes smallest length of the buffers that {@link take} returns
   */
  constructor (rules: RowRules, batchNumber: bigint, chunkBytes = 65_536) {
    this.#chunkBytes = chunkBytes
    this.#ports = Buffer.concat(rules.ports.codes.map(code => Buffer.from(`\0\0\0\x05${code}`)))
    this.#batch = Buffer.alloc(12)
    this.#batch.writeInt32BE(8)
    this.#batch.writeBigInt64BE(batchNumber, 4)
    this.#bytes = this.#empty()
    this.#length = SIGNATURE.copy(this.#bytes)
  }

  /** Adds a price; the arguments are those of {@link RowSink.price}. */
  append (orig: number, dest: number, day: number, cents: number): void {
    const bytes = this.#bytes
    let at = this.#length
    bytes[at] = 0
    bytes[at + 1] = COLUMNS
    at = put(bytes, at + 2, this.#ports, orig * PORT_BYTES, PORT_BYTES)
    at = put(bytes, at, this.#ports, dest * PORT_BYTES, PORT_BYTES)
    at = putInt32(bytes, at, 4)
    at = putInt32(bytes, at, day - DAYS_TO_2000)
    at = putNumeric(bytes, at, cents)
    this.#length = put(bytes, at, this.#batch, 0, 12)
    if (this.#length >= this.#chunkBytes) this.#flush()
  }

  /** Returns the next full buffer, or null if no buffer is full. One `write` of the reader may fill several buffers. */
  take (): Buffer | null {
    return this.#full.shift() ?? null
  }

  /** Returns the remaining bytes and the trailer. The caller must not append prices after this call. */
  finish (): Buffer {
    return Buffer.concat([...this.#full.splice(0), this.#bytes.subarray(0, this.#length), TRAILER])
  }

  #flush (): void {
    this.#full.push(this.#bytes.subarray(0, this.#length))
    this.#bytes = this.#empty()
    this.#length = 0
  }

  #empty (): Buffer {
    return Buffer.allocUnsafeSlow(this.#chunkBytes + MAX_TUPLE_BYTES)
  }
}

function put (bytes: Uint8Array, at: number, source: Uint8Array, start: number, length: number): number {
  for (let i = 0; i < length; i++) bytes[at + i] = source[start + i]!
  return at + length
}

function putInt16 (bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 8
  bytes[at + 1] = value
  return at + 2
}

function putInt32 (bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
  return at + 4
}

/** Writes length and value of numeric(12, 2), without leading or trailing zero digits, as PostgreSQL stores them. */
function putNumeric (bytes: Uint8Array, at: number, cents: number): number {
  const dollars = cents < 0x7fffffff ? cents / 100 | 0 : Math.floor(cents / 100)
  const fraction = (cents - dollars * 100) * 100
  const high = dollars / 100_000_000 | 0
  const middle = (dollars - high * 100_000_000) / 10_000 | 0
  const low = dollars % 10_000
  const weight = high > 0 ? 2 : middle > 0 ? 1 : low > 0 ? 0 : -1
  const lowest = fraction > 0 ? -1 : low > 0 ? 0 : middle > 0 ? 1 : 2
  const digits = weight - lowest + 1
  at = putInt32(bytes, at, 8 + 2 * digits)
  at = putInt16(bytes, at, digits)
  at = putInt16(bytes, at, weight)
  at = putInt16(bytes, at, 0) // positive
  at = putInt16(bytes, at, 2) // decimals
  if (weight >= 2) at = putInt16(bytes, at, high)
  if (weight >= 1 && lowest <= 1) at = putInt16(bytes, at, middle)
  if (weight >= 0 && lowest <= 0) at = putInt16(bytes, at, low)
  if (lowest === -1) at = putInt16(bytes, at, fraction)
  return at
}
