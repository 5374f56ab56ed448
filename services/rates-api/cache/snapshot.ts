import type { Sql } from 'postgres'

/**
 * Returns an SQL expression for a server's snapshot, as text. While a server returns the same text, no transaction was committed on it.
 *
 * - On a primary, the text is the set of transactions that the statement considers finished.
 * - The snapshots of a replica do not say which of the latest transactions are in progress. There the text is the replay position
 *   in the WAL, which every commit moves.
 * - The start time of the server distinguishes servers, and a server before and after a promotion or a restore.
 *
 * The position is read slightly later than the data. So a response belongs to a snapshot only if the snapshot before was the same.
 *
 * The text is empty for a server that refuses these functions: then the validity of a response is unknown.
 */
export function snapshotOf (sql: Sql, withSnapshot = true) {
  return withSnapshot ? snapshotExpression(sql) : sql`''`
}

const snapshotExpression = (sql: Sql) => sql`pg_postmaster_start_time()::text || ' ' ||
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text else pg_current_snapshot()::text end`

export async function currentSnapshot (sql: Sql): Promise<string> {
  const [row] = await sql<Array<{ snapshot: string }>>`select ${snapshotExpression(sql)} as snapshot`
  return row!.snapshot
}
