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

/** Yields the sums of each lane and month by origin, destination and month, in byte order of the codes, `chunkSize` at a time. */
export function * laneSums (codes: readonly string[], prices: SortedPrices, chunkSize = 1_000): Generator<LaneMonth[]> {
  let chunk: LaneMonth[] = []
  for (const laneMonth of byLane(codes.length, prices)) {
    chunk.push(sum(laneMonth))
    if (chunk.length < chunkSize) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk

  function sum ({ month, orig, dest, from, to }: LaneMonthPrices): LaneMonth {
    const sums = emptySums()
    addRow(sums, { runs: encodeRun(0n, to - from), days: prices.days.subarray(from, to), cents: prices.cents.subarray(from * 4, to * 4) })
    return { orig: codes[orig]!, dest: codes[dest]!, month: formatDay(month), counts: `{${sums.counts}}`, cents: `{${sums.cents}}` }
  }
}

/** Yields the lane-months by origin, destination and month. Sorts numbers and no objects: a batch may have millions of lane-months. */
function * byLane (ports: number, prices: SortedPrices): Generator<LaneMonthPrices> {
  const { size } = prices
  if (ports * ports * size > Number.MAX_SAFE_INTEGER) throw new Error('Too many lanes and lane-months for exact keys')
  const keys = new Float64Array(size) // the lane, and the place in the order of `prices`: the months of a lane are in order there
  const months = new Int32Array(size)
  const starts = new Uint32Array(size + 1)
  let place = 0
  for (const { month, orig, dest, from, to } of prices.laneMonths()) {
    keys[place] = (orig * ports + dest) * size + place
    months[place] = month
    starts[place] = from
    starts[++place] = to
  }
  for (const key of keys.sort()) {
    const lane = Math.floor(key / size)
    const at = key - lane * size
    const orig = Math.floor(lane / ports)
    yield { month: months[at]!, orig, dest: lane - orig * ports, from: starts[at]!, to: starts[at + 1]! }
  }
}
