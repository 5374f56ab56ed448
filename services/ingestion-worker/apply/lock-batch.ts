import type { Sql } from 'postgres'
import type { Run } from './options.ts'

/**
 * Locks the batch until the end of the transaction. No other worker applies the batch or decides about it meanwhile.
 *
 * Cancels the current statement of the transaction, such as a wait for a lock, when the signal of the run is aborted. The transaction then
 * fails with 57014 and rolls back.
 */
export async function lockBatch ({ sql, manifest, signal, ended }: Run, tx: Sql): Promise<void> {
  await Promise.all([
    tx<[{ pid: number, startedAt: string }]>`
      select pid, xact_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`.then(([session]) => cancelOnAbort(session)),
    tx`select pg_advisory_xact_lock(hashtextextended(${manifest.id}, 0))`,
  ])

  function cancelOnAbort ({ pid, startedAt }: { pid: number, startedAt: string }): void {
    signal.addEventListener('abort', () => {
      // Compares the start of the transaction: the connection may already serve another batch.
      sql`select pg_cancel_backend(pid) from pg_stat_activity where pid = ${pid} and xact_start::text = ${startedAt}`.catch(() => {})
    }, { once: true, signal: ended })
  }
}
