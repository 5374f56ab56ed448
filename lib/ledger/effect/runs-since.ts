import type { Sql } from 'postgres'
import { sumsOf, type LaneSums } from '../lane-day-sums.ts'
import type { BatchLanes } from '../lanes.ts'
import { addRow, encodeRun } from '../row.ts'
import { runList } from '../runs-of-batch.ts'

/** Runs that are in memory at the same time. */
const cursorRuns = 1_000

type PositionedRun = { lane: string, isLater: boolean, prices: number, days: Buffer, cents: Buffer }

/**
 * Returns the sums of the prices of some lanes that were added at a position (`at`) and since then (`later`). A negative run has the position at
 * which its batch was taken back. The server decodes the runs of each row, and reads the prices of only those that it returns.
 */
export async function readRunsSince (
  tx: Sql, position: number, { kind, month, origs, dests }: BatchLanes
): Promise<{ at: LaneSums, later: LaneSums }> {
  const isOfLane = tx`
    kind = ${kind}::smallint and month = ${month}::date and of_lane.orig_code = wanted.orig_code and of_lane.dest_code = wanted.dest_code`
  const query = tx<PositionedRun[]>`
    with since as materialized (
      select int8send(number) as number, 1 as sign, position > ${position} as "isLater"
      from applied_batches join batches on id = batch_id where position >= ${position}
      union all
      select int8send(batch_number), -1, position > ${position} from withdrawn_batches where position >= ${position}
    )
    select lane, since."isLater", prices,
      substring(days from start + 1 for abs(prices)) as days,
      substring(cents from start * width + 1 for abs(prices) * width) as cents
    from (
      select wanted.orig_code || wanted.dest_code as lane, runs, days, cents, octet_length(cents) / octet_length(days) as width
      from unnest(${origs}::text[], ${dests}::text[]) as wanted (orig_code, dest_code) cross join lateral (
        select runs, days, cents from unmerged_prices as of_lane where ${isOfLane}
        union all
        select runs, days, cents from merged_prices as of_lane where ${isOfLane}
      ) as of_lane
    ) as row cross join lateral (${runList(tx)}) as run join since on since.number = run.number and since.sign = sign(run.prices)`
  const found = { at: new Map() as LaneSums, later: new Map() as LaneSums }
  for await (const runs of query.cursor(cursorRuns)) {
    for (const { lane, isLater, prices, days, cents } of runs) {
      addRow(sumsOf(isLater ? found.later : found.at, lane), { runs: encodeRun(0n, days.length, prices < 0 ? -1 : 1), days, cents })
    }
  }
  return found
}
