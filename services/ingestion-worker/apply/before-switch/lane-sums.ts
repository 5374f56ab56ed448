import { addRow, emptySums, encodeRun } from '../../../../lib/ledger/row.ts'
import type { LaneMonthPrices, SortedPrices } from '../../rows/output/batch-prices.ts'
import { formatDay } from '../../rows/values/days.ts'

/** Row of `lane_months`: the prices that a batch adds to one lane in one month. */
export type LaneMonth = {
  orig: string
  dest: string
  /** YYYY-MM-01 */
  month: string
  /** Number of prices on each day, as a PostgreSQL array literal of 31 elements from the first of the month. */
  counts: string
  /** Sum in cents on each day, in the same form. */
  cents: string
}

/** Prices that `addRow` adds exactly in one call. */
const MAX_PRICES = 2 ** 20

/** Yields the sums of each lane and month by origin, destination and month, in byte order of the codes, `chunkSize` at a time. */
export function * laneSums (codes: readonly string[], prices: SortedPrices, chunkSize = 1_000): Generator<LaneMonth[]> {
  const laneMonths = [...prices.laneMonths()].sort((a, b) => a.orig - b.orig || a.dest - b.dest || a.month - b.month)
  for (let at = 0; at < laneMonths.length; at += chunkSize) yield laneMonths.slice(at, at + chunkSize).map(sum)

  function sum ({ month, orig, dest, from, to }: LaneMonthPrices): LaneMonth {
    const sums = emptySums()
    for (let start = from; start < to; start += MAX_PRICES) {
      const end = Math.min(start + MAX_PRICES, to)
      addRow(sums, { runs: encodeRun(0n, end - start), days: prices.days.subarray(start, end), cents: prices.cents.subarray(start * 4, end * 4) })
    }
    return { orig: codes[orig]!, dest: codes[dest]!, month: formatDay(month), counts: `{${sums.counts}}`, cents: `{${sums.cents}}` }
  }
}
