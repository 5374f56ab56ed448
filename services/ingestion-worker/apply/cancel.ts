import type { Sql } from 'postgres'

/**
 * Ends what the transaction is waiting for, a lock say, when the signal comes: it then fails with 57014 and rolls back.
 * `over` ends the watch: the signal is that of the process, which lives longer than a batch.
 */
export async function cancelOnAbort (sql: Sql, tx: Sql, signal: AbortSignal, settled: AbortSignal): Promise<void> {
  const [{ pid, startedAt }] = await tx<[{ pid: number, startedAt: string }]>`
    select pid, xact_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`
  signal.addEventListener('abort', () => {
    // Only if it is the same transaction still: the connection may have gone on to another batch.
    sql`select pg_cancel_backend(pid) from pg_stat_activity where pid = ${pid} and xact_start::text = ${startedAt}`.catch(() => {})
  }, { once: true, signal: settled })
}
