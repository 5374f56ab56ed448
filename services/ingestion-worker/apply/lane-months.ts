import type { Sql } from 'postgres'
import type { LaneMonth } from '../rows/lane-totals.ts'

/**
 * Adds a batch's counts and cents to the read model. `chunks` are in key order, the same for every batch, so that two
 * batches with lanes in common wait for each other and never deadlock.
 */
export async function addToLaneMonths (tx: Sql, chunks: Iterable<LaneMonth[]>): Promise<void> {
  for (const chunk of chunks) {
    await tx`
      insert into lane_months (orig_code, dest_code, month, counts, cents)
      select orig_code, dest_code, month, counts::int[], cents::bigint[]
      from unnest(
        ${chunk.map(row => row.orig)}::text[], ${chunk.map(row => row.dest)}::text[], ${chunk.map(row => row.month)}::date[],
        ${chunk.map(row => row.counts)}::text[], ${chunk.map(row => row.cents)}::text[]
      ) as added (orig_code, dest_code, month, counts, cents)
      on conflict (orig_code, dest_code, month) do update set
        counts = (
          select array_agg(had + added order by day)
          from unnest(lane_months.counts, excluded.counts) with ordinality as pair (had, added, day)),
        cents = (
          select array_agg(had + added order by day)
          from unnest(lane_months.cents, excluded.cents) with ordinality as pair (had, added, day))`
  }
}
