import type { Sql } from 'postgres'

/**
 * What a statement sees, as a text: the transactions that it takes for done. While two statements get the same text, nothing
 * was committed between them. The server's start keeps apart servers that share a history: a replica that took over, a restore.
 */
export function snapshotOf (sql: Sql) {
  return sql`pg_postmaster_start_time()::text || ' ' || pg_current_snapshot()::text`
}

export async function currentSnapshot (sql: Sql): Promise<string> {
  const [row] = await sql<Array<{ snapshot: string }>>`select ${snapshotOf(sql)} as snapshot`
  return row!.snapshot
}
