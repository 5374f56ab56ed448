import type { Sql } from 'postgres'
import type { BatchLanes } from './lanes.ts'
import { addRow, emptySums, type DaySums, type LedgerRow } from './row.ts'

/** Sums of lanes in one month, by origin and destination: `CNGGZEETLL`. */
export type LaneSums = Map<string, DaySums>

type SumsRow = { lane: string, counts: number[], sums: string[] }
type PricesRow = LedgerRow & { lane: string, counts: null }

/** Returns the sums of lanes in a month as readers see them, from one statement. Lanes without prices are absent. */
export async function readLaneSums (sql: Sql, { kind, month, origs, dests }: BatchLanes): Promise<LaneSums> {
  const isOfLane = sql`
    kind = ${kind}::smallint and month = ${month}::date and of_lane.orig_code = wanted.orig_code and of_lane.dest_code = wanted.dest_code`
  const rows = await sql<Array<SumsRow | PricesRow>>`
    select wanted.orig_code || wanted.dest_code as lane, of_lane.*
    from unnest(${origs}::text[], ${dests}::text[]) as wanted (orig_code, dest_code) cross join lateral (
      select counts::int[], cents::bigint[] as sums, null::bytea as runs, null::bytea as days, null::bytea as cents
      from merged_sums as of_lane where ${isOfLane}
      union all
      select counts, cents, null, null, null from wide_merged_sums as of_lane where ${isOfLane}
      union all
      select null, null, runs, days, cents from unmerged_prices as of_lane where ${isOfLane}
    ) as of_lane`
  const found: LaneSums = new Map()
  for (const row of rows) {
    let sums = found.get(row.lane)
    if (!sums) found.set(row.lane, sums = emptySums())
    if (row.counts === null) addRow(sums, row)
    else addSums(sums, row)
  }
  return found
}

function addSums ({ counts, cents }: DaySums, row: SumsRow): void {
  for (let day = 0; day < 31; day++) {
    counts[day]! += row.counts[day]!
    cents[day]! += BigInt(row.sums[day]!)
  }
}

/** Subtracts sums of the same lanes. */
export const subtractSums = (from: LaneSums, sums: LaneSums): void => addLaneSums(from, sums, -1)

/** Adds sums of the same lanes, or with `sign` -1 subtracts them. */
export function addLaneSums (to: LaneSums, sums: LaneSums, sign: 1 | -1 = 1): void {
  for (const [lane, { counts, cents }] of sums) {
    const of = sumsOf(to, lane)
    for (let day = 0; day < 31; day++) {
      of.counts[day]! += sign * counts[day]!
      of.cents[day]! += BigInt(sign) * cents[day]!
    }
  }
}

/** Returns the sums of a lane, which are added with zeros if they are absent. */
export function sumsOf (sums: LaneSums, lane: string): DaySums {
  let of = sums.get(lane)
  if (!of) sums.set(lane, of = emptySums())
  return of
}
