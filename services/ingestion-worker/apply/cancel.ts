import type { Sql } from 'postgres'

/**
 * Cancels the current statement of the transaction, such as a wait for a lock, when `signal` is aborted. The transaction then fails with
 * 57014 and rolls back. `settled` removes the listener: `signal` may live longer than the batch.
 */
export async function cancelOnAbort (sql: Sql, tx: Sql, signal: AbortSignal, settled: AbortSignal): Promise<void> {
  const [{ pid, startedAt }] = await tx<[{ pid: number, startedAt: string }]>`
    select pid, xact_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`
  signal.addEventListener('abort', () => {
    // Compares the start of the transaction: the connection may already serve another batch.
    sql`select pg_cancel_backend(pid) from pg_stat_activity where pid = ${pid} and xact_start::text = ${startedAt}`.catch(() => {})
  }, { once: true, signal: settled })
}
