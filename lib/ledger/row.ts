/** Bytes of one run: the batch's number (int64) and its number of prices (int32). */
export const RUN_BYTES = 12
/** Highest price of a row whose prices take four bytes each, in cents. */
export const MAX_NARROW_CENTS = 0x7fffffff

/** Prices of one lane, kind and month, as sql/migrations/0017-ledger.sql describes them. Integers are big-endian. */
export type LedgerRow = {
  /** For each batch 12 bytes: its number and how many of the prices are its own; a negative number takes them back. */
  runs: Buffer
  /** The day of the month of each price, 1 to 31. */
  days: Buffer
  /** Each price in cents, in four or in eight bytes. */
  cents: Buffer
}

/** The prices of one batch in a row. */
export type Run = {
  batchNumber: number
  /** Number of prices. */
  length: number
  /** 1, or -1 if the batch is taken back: these prices then count negatively. */
  sign: 1 | -1
  /** Index of the first price. */
  start: number
}

/** Returns the bytes of a run of `length` prices. With `sign` -1 the run takes the prices back. */
export function encodeRun (batchNumber: bigint, length: number, sign: 1 | -1 = 1): Buffer {
  const bytes = Buffer.allocUnsafe(RUN_BYTES)
  bytes.writeBigInt64BE(batchNumber)
  bytes.writeInt32BE(length * sign, 8)
  return bytes
}

/** Returns the runs of a row, in order. Throws if they do not have as many prices as the row. */
export function runsOf ({ runs, days }: Pick<LedgerRow, 'runs' | 'days'>): Run[] {
  const found: Run[] = []
  let start = 0
  for (let at = 0; at < runs.length; at += RUN_BYTES) {
    const prices = runs.readInt32BE(at + 8)
    const length = Math.abs(prices)
    found.push({ batchNumber: batchNumberAt(runs, at), length, sign: prices < 0 ? -1 : 1, start })
    start += length
  }
  if (start !== days.length) throw new Error(`The runs have ${start} prices, the row has ${days.length}`)
  return found
}

/** Adds the number of each batch that has prices in a row. */
export function addBatchNumbers (numbers: Set<number>, { runs }: Pick<LedgerRow, 'runs'>): void {
  for (let at = 0; at < runs.length; at += RUN_BYTES) numbers.add(batchNumberAt(runs, at))
}

/** A batch number does not reach 2^53. */
const batchNumberAt = (runs: Buffer, at: number): number => runs.readInt32BE(at) * 2 ** 32 + runs.readUInt32BE(at + 4)

/** Returns the bytes of each price: 4 or 8. Throws if the row has another number of prices than of days. */
function centsWidth ({ days, cents }: Pick<LedgerRow, 'days' | 'cents'>): 4 | 8 {
  const width = cents.length / days.length
  if (width !== 4 && width !== 8) throw new Error(`${cents.length} bytes of cents for ${days.length} prices`)
  return width
}

/** Returns a function that returns the cents of the price at an index. */
export function centsOf (row: Pick<LedgerRow, 'days' | 'cents'>): (index: number) => number {
  const { cents } = row
  return centsWidth(row) === 4 ? index => cents.readInt32BE(index * 4) : index => Number(cents.readBigInt64BE(index * 8))
}

/** Number and sum of the prices on each day of a month; element 0 is the first of the month. Prices that are taken back are subtracted. */
export type DaySums = { counts: number[], cents: bigint[] }

export const emptySums = (): DaySums => ({ counts: Array<number>(31).fill(0), cents: Array<bigint>(31).fill(0n) })

/** Number of prices of four bytes whose sum is exact in a double. */
const EXACT_PRICES = 2 ** 22

/** Adds the prices of a row, or of some of its runs, to `sums`, exactly. */
export function addRow (sums: DaySums, row: LedgerRow, runs: readonly Run[] = runsOf(row)): void {
  if (centsWidth(row) === 8) addWide(sums, row, runs)
  else addNarrow(sums, row, runs)
}

function addWide ({ counts, cents }: DaySums, row: LedgerRow, runs: readonly Run[]): void {
  for (const { start, length, sign } of runs) {
    for (let at = start; at < start + length; at++) {
      const day = row.days[at]! - 1
      counts[day]! += sign
      cents[day]! += BigInt(sign) * row.cents.readBigInt64BE(at * 8)
    }
  }
}

/** Adds doubles, and converts them before they could be inexact. A DataView and an array of doubles take half the time of a Buffer and numbers. */
function addNarrow (sums: DaySums, row: LedgerRow, runs: readonly Run[]): void {
  const { days } = row
  const prices = new DataView(row.cents.buffer, row.cents.byteOffset, row.cents.length)
  const [counts, cents] = [new Float64Array(31), new Float64Array(31)]
  let added = 0
  for (const { start, length, sign } of runs) {
    const end = start + length
    for (let at = start; at < end;) {
      const next = Math.min(end, at + EXACT_PRICES - added)
      added += next - at
      for (; at < next; at++) {
        const day = days[at]! - 1
        counts[day]! += sign
        cents[day]! += sign * prices.getInt32(at * 4)
      }
      if (added === EXACT_PRICES) flush()
    }
  }
  flush()

  function flush (): void {
    for (let day = 0; day < 31; day++) {
      if (counts[day] === 0 && cents[day] === 0) continue
      sums.counts[day]! += counts[day]!
      sums.cents[day]! += BigInt(cents[day]!)
    }
    counts.fill(0)
    cents.fill(0)
    added = 0
  }
}
