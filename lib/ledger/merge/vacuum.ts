import type { Sql } from 'postgres'

/** Dead rows from which a table is vacuumed, and their share of the live rows. Less is left to autovacuum. */
const [minDead, deadShare] = [1_000, 0.1]

/** Estimates of a table's live and dead rows, a second old. */
export type TableRows = { name: string, live: number, dead: number }

/** Returns the tables in which merging deletes. */
export async function mergingTables (sql: Sql): Promise<TableRows[]> {
  return await sql<TableRows[]>`
    select relname as name, n_live_tup as live, n_dead_tup as dead from pg_stat_user_tables
    where schemaname = 'public' and (relname in ('unmerged_prices', 'merged_sums', 'wide_merged_sums') or relname like 'merged_prices_%')`
}

/**
 * Vacuums each table with enough dead rows, so that new rows reuse the space, and returns their number. A table that another process vacuums is
 * skipped. No table is truncated: the lock of that cancels queries of replicas.
 */
export async function vacuumDue (sql: Sql, tables: readonly TableRows[], least = minDead): Promise<number> {
  const due = tables.filter(({ dead, live }) => dead > Math.max(least, deadShare * live))
  for (const { name } of due) await sql`vacuum (truncate off, skip_locked) ${sql(name)}`
  return due.length
}
