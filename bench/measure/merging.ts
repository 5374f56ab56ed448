import type { Sql } from 'postgres'
import { findDue, type LaneMonth } from '../../lib/ledger/merge/due.ts'
import { mergingTables, vacuumDue } from '../../lib/ledger/merge/vacuum.ts'
import { mergeLanes } from '../../lib/ledger/merge/step.ts'

/**
 * Merges each lane and month that has `minRows` or more rows, as the worker does while no batch is in flight. Vacuums by the worker's rule after
 * each step, so that dead rows take as much space as in a worker that is never late.
 */
export async function mergeAll (sql: Sql, minRows: number): Promise<void> {
  let from: LaneMonth | null = null
  for (let found = true; found;) {
    found = false
    do {
      const due = await findDue(sql, from, minRows)
      const { rows } = await mergeLanes(sql, due)
      found ||= rows > 0
      from = due.next
      await vacuumNow(sql)
    } while (from)
  }
}

/** Vacuums each table with more than `least` dead rows, by the statistics of this moment. */
async function vacuumNow (sql: Sql, least?: number): Promise<void> {
  await sql`select pg_stat_force_next_flush()`
  await sql`select pg_stat_clear_snapshot()`
  await vacuumDue(sql, await mergingTables(sql), least)
}
