import type { Sql } from 'postgres'

/**
 * Returns an SQL expression for a server's snapshot, as text. While a server returns the same text, its rates are the same.
 *
 * - The text has the position of the last batch and the version of the reference data. Merging and VACUUM change neither, because they change
 *   no sum. A statement sees the commit of a position together with all commits below it and with none above it, on replicas too. So the
 *   text and the data of one statement belong together, and a request that needs several statements takes both from its last one.
 * - The start time of the server distinguishes servers, and a server before and after a promotion, a crash or a restore: positions that
 *   were lost are taken again by other batches.
 *
 * Whoever changes sums or reference data by SQL adds 1 to `ledger_position.position` or `reference_version.version` in the same commit.
 *
 * The text is empty for a server that refuses the function: then the validity of a response is unknown.
 */
export function snapshotOf (sql: Sql, withSnapshot = true) {
  return withSnapshot ? snapshotExpression(sql) : sql`''`
}

const snapshotExpression = (sql: Sql) => sql`pg_postmaster_start_time()::text || ' ' || (
    select position || ' ' || version from ledger_position cross join reference_version
  )`

export async function currentSnapshot (sql: Sql): Promise<string> {
  const [row] = await sql<Array<{ snapshot: string }>>`select ${snapshotExpression(sql)} as snapshot`
  return row!.snapshot
}
