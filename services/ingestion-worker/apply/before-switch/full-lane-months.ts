import type { Sql } from 'postgres'
import type { LaneMonth } from './lane-sums.ts'

/** Moves the values of full rows of `lane_months` to `full_lane_months` and sets the rows to 0. The transaction has locked the rows. */
export async function moveFullLaneMonths (tx: Sql, rows: ReadonlyArray<Pick<LaneMonth, 'orig' | 'dest' | 'month'>>): Promise<void> {
  await tx`
    with full_rows as (
      select orig_code, dest_code, month, counts, cents
      from lane_months join unnest(
        ${rows.map(row => row.orig)}::text[], ${rows.map(row => row.dest)}::text[], ${rows.map(row => row.month)}::date[]
      ) as moved (orig_code, dest_code, month) using (orig_code, dest_code, month)
    ), inserted as (
      insert into full_lane_months (orig_code, dest_code, month, counts, cents)
      select orig_code, dest_code, month, counts, cents from full_rows
    )
    update lane_months set counts = array_fill(0, array[31]), cents = array_fill(0::bigint, array[31])
    from full_rows
    where (lane_months.orig_code, lane_months.dest_code, lane_months.month) = (full_rows.orig_code, full_rows.dest_code, full_rows.month)`
}
