import { encodeRun, RUN_BYTES } from '../../../../lib/ledger/row.ts'
import type { SortedPrices } from './batch-prices.ts'
import { CopyBuffer, PORT_BYTES, portFields, put, putDate, putInt16, putInt32 } from './copy-format.ts'

// A tuple of unmerged_prices (kind, month, orig_code, dest_code, runs, days, cents)
const COLUMNS = 7
const KIND_BYTES = 2
const MAX_PRICES = 4_096
const MAX_TUPLE_BYTES = 2 + (4 + KIND_BYTES) + 8 + 2 * PORT_BYTES + (4 + RUN_BYTES) + (4 + MAX_PRICES) + (4 + 4 * MAX_PRICES)

/**
 * Yields the prices of a batch in PostgreSQL's binary COPY format for `copy unmerged_prices (kind, month, orig_code, dest_code, runs, days,
 * cents) from stdin (format binary)`. Each lane-month is a row; more than 4,096 prices are several rows.
 */
export function * encodeLedgerRows (codes: readonly string[], batchNumber: bigint, prices: SortedPrices, chunkBytes = 65_536): Generator<Buffer> {
  const { days, cents } = prices
  const ports = portFields(codes)
  const run = encodeRun(batchNumber, 0)
  const buffer = new CopyBuffer(MAX_TUPLE_BYTES, chunkBytes)
  for (const { month, orig, dest, from: first, to: end } of prices.laneMonths()) {
    for (let from = first; from < end; from += MAX_PRICES) {
      const length = Math.min(MAX_PRICES, end - from)
      const { bytes } = buffer
      let at = putInt16(bytes, buffer.length, COLUMNS)
      at = putInt16(bytes, putInt32(bytes, at, KIND_BYTES), 0)
      at = putDate(bytes, at, month)
      at = put(bytes, at, ports, orig * PORT_BYTES, PORT_BYTES)
      at = put(bytes, at, ports, dest * PORT_BYTES, PORT_BYTES)
      at = put(bytes, putInt32(bytes, at, RUN_BYTES), run, 0, RUN_BYTES - 4)
      at = putInt32(bytes, at, length)
      at = put(bytes, putInt32(bytes, at, length), days, from, length)
      buffer.length = put(bytes, putInt32(bytes, at, length * 4), cents, from * 4, length * 4)
      if (buffer.isFull) yield buffer.take()
    }
  }
  yield buffer.finish()
}

/** Lanes of a batch in a month. */
export type MonthLanes = {
  /** First day of the month, in days since 1970-01-01. */
  month: number
  /** The origin of each lane, five characters each. */
  origCodes: string
  /** The destination of each lane, in the same order. */
  destCodes: string
}

/** Yields the lanes of each month. */
export function * lanesByMonth (codes: readonly string[], prices: SortedPrices): Generator<MonthLanes> {
  let month = NaN
  let [origs, dests]: [string[], string[]] = [[], []]
  for (const lane of prices.laneMonths()) {
    if (lane.month !== month) {
      if (origs.length > 0) yield { month, origCodes: origs.join(''), destCodes: dests.join('') }
      month = lane.month;
      [origs, dests] = [[], []]
    }
    origs.push(codes[lane.orig]!)
    dests.push(codes[lane.dest]!)
  }
  if (origs.length > 0) yield { month, origCodes: origs.join(''), destCodes: dests.join('') }
}
