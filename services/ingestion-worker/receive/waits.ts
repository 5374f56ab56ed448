import type { Sql } from 'postgres'
import { withDeadline } from '../../../lib/process/deadline.ts'

/** Longest wait for the count, in milliseconds. After this time the database counts as unavailable. */
const limitMs = 5_000
/** Number of transient failures, each while other batches finished, after which the batch counts as the cause. */
const maxWaits = 5

/**
 * Counts the transient failures of one batch, with one counter for each delivery. A failure after `transaction_timeout` (25P04) counts even
 * if no other batch finished: the next transaction of the same batch would take as long. The client reports only CONNECTION_CLOSED, as
 * for every lost backend, so the duration of the attempt identifies the timeout.
 */
export function countWaits (sql: Sql, batchId: string) {
  /** Start of the first attempt, or time of the last count, by the database's clock; null before the first attempt. */
  let since: string | null = null
  /** Start of the current attempt; null before the attempt begins. */
  let attemptAt: string | null = null

  async function count (): Promise<number> {
    const [counted] = await sql<Array<{ waits: number, now: string }>>`
      update batches set waits = waits + 1
      where id = ${batchId} and state in ('queued', 'processing') and waits < ${maxWaits}
        and (
          exists (select from batches as other where other.finished_at > ${since}::timestamptz and other.id <> ${batchId})
          -- transaction_timeout is in milliseconds. 0 means no limit. PostgreSQL before 17 has no such setting.
          or clock_timestamp() >= ${attemptAt}::timestamptz
            + nullif((select setting from pg_settings where name = 'transaction_timeout')::int, 0) * interval '1 millisecond'
        )
      returning waits, clock_timestamp()::text as now`
    if (counted) since = counted.now
    const [batch] = counted ? [counted] : await sql<Array<{ waits: number }>>`select waits from batches where id = ${batchId}`
    return batch?.waits ?? 0
  }

  return {
    /** Resets the start of the attempt. A try may fail before its attempt begins, and must not use the start of the previous attempt. */
    beginTry (): void {
      attemptAt = null
    },
    /** Sets the start of an attempt. Batches that finish after the first attempt's start count as evidence. */
    begin (startedAt: string): void {
      since ??= startedAt
      attemptAt = startedAt
    },
    /**
     * Counts a transient failure. Returns true if five such failures were counted: each while any worker finished another batch, or after
     * `transaction_timeout`. The batch then does not wait for a shared dependency. Returns false while the database is unavailable.
     */
    async countFailure (): Promise<boolean> {
      return since !== null && await withDeadline(count(), limitMs).catch(() => 0) >= maxWaits
    },
  }
}
