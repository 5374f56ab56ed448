import type { Sql } from 'postgres'
import { convertAlone } from './convert-lock.ts'

/** Largest number of lane-months that one transaction deletes. */
const pieceLaneMonths = 20_000

/**
 * Empties `lane_months` and `full_lane_months` after all prices were subtracted from them. The sums of a lane and month, which add up to 0, are
 * deleted in one statement. Sums that do not add up to 0 have no prices in `prices`: their rows are moved to `wide_merged_sums` as they are,
 * so no reader sees a sum change. Calls `onKept` with their number of lane-days. Returns false while another process converts.
 */
export async function deleteSums (sql: Sql, onKept: (laneDays: number) => void = () => {}): Promise<boolean> {
  for (const table of ['full_lane_months', 'lane_months'] as const) {
    for (;;) {
      const piece = await convertAlone(sql, tx => deletePiece(tx, table))
      if (!piece) return false
      if (piece.laneMonths === 0) break
      if (piece.kept > 0) onKept(piece.kept)
    }
  }
  return true
}

/** Deletes or moves the sums of some lane-months that `table` has. */
async function deletePiece (tx: Sql, table: string): Promise<{ laneMonths: number, kept: number }> {
  const [row] = await tx<[{ laneMonths: number, kept: number }]>`
    with picked as (
      select distinct orig_code, dest_code, month from (select orig_code, dest_code, month from ${tx(table)} limit ${pieceLaneMonths}) as first
    ), deleted as (
      delete from lane_months as sums using picked
      where (sums.orig_code, sums.dest_code, sums.month) = (picked.orig_code, picked.dest_code, picked.month)
      returning sums.orig_code, sums.dest_code, sums.month, counts, cents
    ), deleted_full as (
      delete from full_lane_months as sums using picked
      where (sums.orig_code, sums.dest_code, sums.month) = (picked.orig_code, picked.dest_code, picked.month)
      returning sums.orig_code, sums.dest_code, sums.month, counts, cents
    ), not_zero as (
      select * from (select * from deleted union all select * from deleted_full) as sums where 0 <> any (counts) or 0 <> any (cents)
    ), left_over as (
      select orig_code, dest_code, month, day
      from not_zero cross join unnest(counts, cents) with ordinality as of_day (count, sum, day)
      group by orig_code, dest_code, month, day having sum(of_day.count) <> 0 or sum(of_day.sum) <> 0
    ), moved as (
      insert into wide_merged_sums (month, orig_code, dest_code, counts, cents)
      select month, orig_code, dest_code, counts, cents from not_zero
      where (orig_code, dest_code, month) in (select orig_code, dest_code, month from left_over)
    )
    select (select count(*) from picked) as "laneMonths", (select count(*) from left_over) as kept`
  return row
}
