import type { Sql } from 'postgres'

/**
 * What a statement sees, as a text: while a server gives the same text, nothing was committed there. On a primary these are the
 * transactions that the statement takes for done. A replica's snapshots leave out which of the latest are still under way, so
 * there it is the place up to which its log has been replayed, which each commit moves. The server's start tells servers apart,
 * and what one was before it took over or was restored.
 *
 * The place is read a little later than the data. So an answer belongs to a text only where that was the text before, too.
 *
 * Empty where the server is one that refuses to tell it: then nothing says how long an answer holds.
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
