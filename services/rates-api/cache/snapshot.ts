import type { Sql } from 'postgres'

/**
 * Returns an SQL expression for a server's snapshot, as text. While a server returns the same text, its rates are the same.
 *
 * - After the switch (lib/ledger/switch.ts), the text is the position of the last batch and the version of the reference data. Merging,
 *   VACUUM and the conversion change neither, because they change no sum. A statement sees the commit of a position together with all
 *   commits below it and with none above it, on replicas too. So the text and the data of one statement belong together, and a request
 *   that needs several statements takes both from its last one.
 * - Before the switch, batches have no position. Then the text of a primary is the set of transactions that the statement considers
 *   finished. The snapshots of a replica do not say which of the latest transactions are in progress. There the text is the replay
 *   position in the WAL, which every commit moves.
 * - The start time of the server distinguishes servers, and a server before and after a promotion, a crash or a restore: positions that
 *   were lost are taken again by other batches.
 *
 * The replay position is read slightly later than the data. So a response belongs to a snapshot only if the snapshot before was the same.
 *
 * Whoever changes sums or reference data by SQL adds 1 to `ledger_position.position` or `reference_version.version` in the same commit.
 *
 * The text is empty for a server that refuses these functions: then the validity of a response is unknown.
 */
export function snapshotOf (sql: Sql, withSnapshot = true) {
  return withSnapshot ? snapshotExpression(sql) : sql`''`
}

// The `case` is not evaluated before the switch is known: some servers refuse the functions after `else` when they are called.
const snapshotExpression = (sql: Sql) => sql`pg_postmaster_start_time()::text || ' ' || (
    select case
      when switched_at is not null then 'ledger ' || position || ' ' || version
      when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text
      else pg_current_snapshot()::text
    end
    from ledger_position cross join reference_version
  )`

export async function currentSnapshot (sql: Sql): Promise<string> {
  const [row] = await sql<Array<{ snapshot: string }>>`select ${snapshotExpression(sql)} as snapshot`
  return row!.snapshot
}
