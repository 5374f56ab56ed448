import type { Sql } from 'postgres'
import { readBatchSums } from '../../../../lib/ledger/batch-sums.ts'
import { readLaneSums, subtractSums, type LaneSums } from '../../../../lib/ledger/lane-day-sums.ts'
import { dayMs } from '../../../../lib/calendar/day-ms.ts'
import type { SortedPrices, LaneMonthPrices } from '../../rows/output/batch-prices.ts'
import { formatDay } from '../../rows/values/days.ts'

/** The guard against wrong sheets of some providers. */
export type GuardOptions = {
  /** Providers whose batches are checked; `*` is all. */
  providers: readonly string[]
  /** A mean of a lane-day beyond this factor, above or below, is an outlier. */
  factor: number
  /** Share of the compared rows, above which the batch is held. */
  share: number
}

/** Rows whose lane-day had prices to compare with, and those of them that are outliers. */
export type Comparison = { compared: number, outliers: number }

/** Days before a lane-day whose prices its mean is compared with. */
const windowDays = 30
const pieceLanes = 1_000

/** Returns true if batches of the provider are checked. */
export const isGuarded = ({ providers }: GuardOptions, provider: string): boolean => providers.includes('*') || providers.includes(provider)

/**
 * Compares the mean of each lane-day of a batch with the mean of the lane's prices of the 30 days before that day, as they count now, less those of
 * the batches that it replaces. A lane-day without such prices is not compared.
 */
export async function compareWithLedger (
  sql: Sql, codes: readonly string[], prices: SortedPrices, replaced: readonly number[], factor: number
): Promise<Comparison> {
  const result = { compared: 0, outliers: 0 }
  const months = Map.groupBy(prices.laneMonths(), ({ month }) => month)
  for (const [month, lanes] of months) {
    for (let at = 0; at < lanes.length; at += pieceLanes) {
      const piece = lanes.slice(at, at + pieceLanes)
      const history = await readHistory(sql, codes, month, piece, replaced)
      for (const lane of piece) compareLane(result, lane, prices, history.get(laneOf(codes, lane)), factor)
    }
  }
  return result
}

const laneOf = (codes: readonly string[], { orig, dest }: LaneMonthPrices): string => codes[orig]! + codes[dest]!

/** Counts and cents of a lane on each day, from the first of the month two months before on. */
type Days = { counts: number[], cents: bigint[] }

/** First days of the month, in days since 1970-01-01, and of the two months before: 30 days before 1 March may be in January. */
function monthsBefore (month: number): number[] {
  const first = new Date(month * dayMs)
  return [-2, -1, 0].map(months => Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + months, 1) / dayMs)
}

async function readHistory (
  sql: Sql, codes: readonly string[], month: number, lanes: readonly LaneMonthPrices[], replaced: readonly number[]
): Promise<Map<string, Days>> {
  const [origs, dests] = [lanes.map(({ orig }) => codes[orig]!), lanes.map(({ dest }) => codes[dest]!)]
  const history = new Map<string, Days>()
  const months = monthsBefore(month)
  for (const first of months) {
    const of = { kind: 0, month: formatDay(first), origs, dests }
    const sums = await readLaneSums(sql, of)
    const [inMonth] = await sql<[{ numbers: string[] }]>`
      select array(select batch_number from batch_lanes where batch_number = any (${replaced as number[]}::bigint[]) and kind = 0 and month = ${of.month}::date) as numbers`
    for (const number of inMonth.numbers) subtractSums(sums, await readBatchSums(sql, Number(number), of))
    addMonth(history, sums, first - months[0]!)
  }
  return history
}

function addMonth (history: Map<string, Days>, sums: LaneSums, offset: number): void {
  for (const [lane, { counts, cents }] of sums) {
    let days = history.get(lane)
    if (!days) history.set(lane, days = { counts: Array<number>(93).fill(0), cents: Array<bigint>(93).fill(0n) })
    for (let day = 0; day < 31; day++) {
      if (counts[day] === 0) continue
      days.counts[offset + day] = counts[day]!
      days.cents[offset + day] = cents[day]!
    }
  }
}

function compareLane (
  result: Comparison, { month, from, to }: LaneMonthPrices, { days, cents }: SortedPrices, history: Days | undefined, factor: number
): void {
  if (!history) return
  const offset = month - monthsBefore(month)[0]!
  const [counts, sums] = [Array<number>(32).fill(0), Array<number>(32).fill(0)]
  for (let at = from; at < to; at++) {
    const day = days[at]!
    counts[day]!++
    sums[day]! += cents.readInt32BE(at * 4)
  }
  for (let day = 1; day <= 31; day++) {
    if (counts[day] === 0) continue
    const last = offset + day - 1
    let [before, beforeCents] = [0, 0n]
    for (let at = last - windowDays; at < last; at++) {
      before += history.counts[at]!
      beforeCents += history.cents[at]!
    }
    if (before <= 0) continue
    const [mean, meanBefore] = [sums[day]! / counts[day]!, Number(beforeCents) / before]
    result.compared += counts[day]!
    if (mean > meanBefore * factor || mean * factor < meanBefore) result.outliers += counts[day]!
  }
}
