import type { Sql } from 'postgres'
import type { AnyManifest } from '../../../lib/batch/batch.ts'
import type { Run } from './options.ts'

/**
 * Locks batches until the end of the transaction, in the order of their ids. No other worker applies, withdraws or decides about them meanwhile.
 *
 * Cancels the current statement of the transaction, such as a wait for a lock, when the signal of the run is aborted. The transaction then
 * fails with 57014 and rolls back.
 */
export async function lockBatches ({ sql, signal, ended }: Run<AnyManifest>, tx: Sql, ids: readonly string[]): Promise<void> {
  await Promise.all([
    tx<[{ pid: number, startedAt: string }]>`
      select pid, xact_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`.then(([session]) => cancelOnAbort(session)),
    tx`select pg_advisory_xact_lock(hashtextextended(id, 0)) from unnest(${[...new Set(ids)].sort()}::text[]) as id`,
  ])

  function cancelOnAbort ({ pid, startedAt }: { pid: number, startedAt: string }): void {
    signal.addEventListener('abort', () => {
      // Compares the start of the transaction: the connection may already serve another batch.
      sql`select pg_cancel_backend(pid) from pg_stat_activity where pid = ${pid} and xact_start::text = ${startedAt}`.catch(() => {})
    }, { once: true, signal: ended })
  }
}
