import { CopyBuffer, PORT_BYTES, portFields, put, putDate, putInt16, putInt32 } from '../../rows/output/copy-format.ts'
import type { SortedPrices } from '../../rows/output/batch-prices.ts'

// A tuple of prices (orig_code, dest_code, day, price, batch_number). A price is its number of digits, weight of the first, sign and decimals
// (4 × int16), and then its digits in base 10,000 (int16 each).
const COLUMNS = 5
const MAX_TUPLE_BYTES = 2 + 2 * PORT_BYTES + 8 + (12 + 2 * 4) + 12

/**
 * Yields the prices of a batch in PostgreSQL's binary COPY format for `copy prices (orig_code, dest_code, day, price, batch_number) from stdin
 * (format binary)`. A price is stored exactly as the text `1154` or `12.5` would be in numeric(12, 2).
 */
export function * encodePriceRows (codes: readonly string[], batchNumber: bigint, prices: SortedPrices, chunkBytes = 65_536): Generator<Buffer> {
  const { days, cents } = prices
  const ports = portFields(codes)
  const number = Buffer.alloc(8)
  number.writeBigInt64BE(batchNumber)
  const buffer = new CopyBuffer(MAX_TUPLE_BYTES, chunkBytes)
  for (const { month, orig, dest, from, to } of prices.laneMonths()) {
    for (let price = from; price < to; price++) {
      const { bytes } = buffer
      let at = putInt16(bytes, buffer.length, COLUMNS)
      at = put(bytes, at, ports, orig * PORT_BYTES, PORT_BYTES)
      at = put(bytes, at, ports, dest * PORT_BYTES, PORT_BYTES)
      at = putDate(bytes, at, month + days[price]! - 1)
      at = putNumeric(bytes, at, cents.readInt32BE(price * 4))
      buffer.length = put(bytes, putInt32(bytes, at, 8), number, 0, 8)
      if (buffer.isFull) yield buffer.take()
    }
  }
  yield buffer.finish()
}

/** Writes the field of a numeric(12, 2) below 100,000,000, without leading or trailing zero digits, as PostgreSQL stores them. */
function putNumeric (bytes: Uint8Array, at: number, cents: number): number {
  const dollars = cents / 100 | 0
  const fraction = (cents - dollars * 100) * 100
  const high = dollars / 10_000 | 0
  const low = dollars % 10_000
  const weight = high > 0 ? 1 : low > 0 ? 0 : -1
  const lowest = fraction > 0 ? -1 : low > 0 ? 0 : 1
  const digits = weight - lowest + 1
  at = putInt32(bytes, at, 8 + 2 * digits)
  at = putInt16(bytes, at, digits)
  at = putInt16(bytes, at, weight)
  at = putInt16(bytes, at, 0) // positive
  at = putInt16(bytes, at, 2) // decimals
  if (weight === 1) at = putInt16(bytes, at, high)
  if (weight >= 0 && lowest <= 0) at = putInt16(bytes, at, low)
  if (lowest === -1) at = putInt16(bytes, at, fraction)
  return at
}
