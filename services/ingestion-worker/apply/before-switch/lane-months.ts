import type { Sql } from 'postgres'
import type { LaneMonth } from './lane-sums.ts'
import { moveFullLaneMonths } from './full-lane-months.ts'

/**
 * Adds the counts and cents of a batch to the read model. The rows of `chunks` are in key order for every batch. So two batches
 * with common lanes wait for each other and never deadlock.
 */
export async function addToLaneMonths (tx: Sql, chunks: Iterable<LaneMonth[]>): Promise<void> {
  for (const chunk of chunks) {
    const full = await add(tx, chunk)
    if (full.length === 0) continue
    await moveFullLaneMonths(tx, full)
    const keys = new Set(full.map(keyOf))
    const left = await add(tx, chunk.filter(row => keys.has(keyOf(row))))
    if (left.length > 0) throw new Error(`${left.length} rows of lane_months are still full after the move`)
  }
}

type LaneMonthKey = Pick<LaneMonth, 'orig' | 'dest' | 'month'>

const keyOf = ({ orig, dest, month }: LaneMonthKey): string => orig + dest + month

/**
 * Adds a chunk and returns the keys of full rows, which are locked and unchanged. A row is full from 2^30 prices or 2^62 cents on one
 * day. One batch adds at most 2^30 prices of at most 2·10^9 cents (`BATCH_MAX_ROWS`, `PRICE_MAX_USD`), so no sum overflows.
 */
async function add (tx: Sql, chunk: LaneMonth[]): Promise<LaneMonthKey[]> {
  return await tx<LaneMonthKey[]>`
    with added as (
      select orig_code, dest_code, month, counts::int[], cents::bigint[]
      from unnest(
        ${chunk.map(row => row.orig)}::text[], ${chunk.map(row => row.dest)}::text[], ${chunk.map(row => row.month)}::date[],
        ${chunk.map(row => row.counts)}::text[], ${chunk.map(row => row.cents)}::text[]
      ) as added (orig_code, dest_code, month, counts, cents)
    ), written as (
      insert into lane_months (orig_code, dest_code, month, counts, cents)
      select orig_code, dest_code, month, counts, cents from added
      on conflict (orig_code, dest_code, month) do update set
        counts = (
          select array_agg(had + added order by day)
          from unnest(lane_months.counts, excluded.counts) with ordinality as pair (had, added, day)),
        cents = (
          select array_agg(had + added order by day)
          from unnest(lane_months.cents, excluded.cents) with ordinality as pair (had, added, day))
      where 1073741824 > all (lane_months.counts) and 4611686018427387904 > all (lane_months.cents)
      returning orig_code, dest_code, month
    )
    select orig_code as orig, dest_code as dest, month from added
    where (orig_code, dest_code, month) not in (select orig_code, dest_code, month from written)`
}
