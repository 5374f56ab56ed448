import type { Sql } from 'postgres'
import { convertAlone } from './convert-lock.ts'

/** Largest number of lane-months that one transaction deletes. */
const pieceLaneMonths = 20_000

/**
 * Deletes the sums of `lane_months` and `full_lane_months` after all prices were subtracted from them. The sums of a lane-month, which add up to 0,
 * are deleted in one statement. Returns the number of lane-days that did not add up to 0: their sums had not been those of the prices. Returns
 * undefined while another process converts.
 */
export async function deleteSums (sql: Sql): Promise<number | undefined> {
  let differences = 0
  for (const table of ['full_lane_months', 'lane_months'] as const) {
    for (;;) {
      const piece = await convertAlone(sql, tx => deletePiece(tx, table))
      if (!piece) return undefined
      if (piece.laneMonths === 0) break
      differences += piece.differences
    }
  }
  return differences
}

/** Deletes the sums of some lane-months that `table` has. */
async function deletePiece (tx: Sql, table: string): Promise<{ laneMonths: number, differences: number }> {
  const [row] = await tx<[{ laneMonths: number, differences: number }]>`
    with picked as (
      select distinct orig_code, dest_code, month from (select orig_code, dest_code, month from ${tx(table)} limit ${pieceLaneMonths}) as first
    ), deleted as (
      delete from lane_months as sums using picked
      where (sums.orig_code, sums.dest_code, sums.month) = (picked.orig_code, picked.dest_code, picked.month) returning sums.*
    ), deleted_full as (
      delete from full_lane_months as sums using picked
      where (sums.orig_code, sums.dest_code, sums.month) = (picked.orig_code, picked.dest_code, picked.month) returning sums.*
    ), different as (
      select from (select * from deleted union all select * from deleted_full) as sums, unnest(counts, cents) with ordinality as of_day (count, sum, day)
      where 0 <> any (counts) or 0 <> any (cents)
      group by orig_code, dest_code, month, day having sum(of_day.count) <> 0 or sum(of_day.sum) <> 0
    )
    select (select count(*) from picked) as "laneMonths", (select count(*) from different) as differences`
  return row
}
