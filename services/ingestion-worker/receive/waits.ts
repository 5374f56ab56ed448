import type { Sql } from 'postgres'
import { withDeadline } from '../../../lib/process/deadline.ts'

/** Longest wait for the count, in milliseconds: without an answer the database is what is missing. */
const limitMs = 5_000
/** So many failures of one batch that pass by themselves, while others were finished, are its own fault. */
const maxWaits = 5

/**
 * Counts the failures of one batch that pass by themselves. One for each delivery. A failure after `transaction_timeout` (25P04) counts
 * although no other batch was finished: the transaction of the same batch takes as long the next time. The client reports
 * CONNECTION_CLOSED then, as for every backend that ends under a query, so the time tells it.
 */
export function countWaits (sql: Sql, batchId: string) {
  /** The start of the first attempt, by the database's clock; null until then. */
  let since: string | null = null
  /** The start of this try's attempt; null until then. */
  let attemptAt: string | null = null

  async function count (): Promise<number> {
    const [counted] = await sql<Array<{ waits: number, now: string }>>`
      update batches set waits = waits + 1
      where id = ${batchId} and state in ('queued', 'processing') and waits < ${maxWaits}
        and (
          exists (select from batches as other where other.finished_at > ${since}::timestamptz and other.id <> ${batchId})
          -- In milliseconds; 0 is no limit, and PostgreSQL before 17 has none.
          or clock_timestamp() >= ${attemptAt}::timestamptz
            + nullif((select setting from pg_settings where name = 'transaction_timeout')::int, 0) * interval '1 millisecond'
        )
      returning waits, clock_timestamp()::text as now`
    if (counted) since = counted.now
    const [batch] = counted ? [counted] : await sql<Array<{ waits: number }>>`select waits from batches where id = ${batchId}`
    return batch?.waits ?? 0
  }

  return {
    /** A new try: it may fail before its attempt begins, and then the start of the attempt before says nothing about it. */
    beginTry (): void {
      attemptAt = null
    },
    /** The start of an attempt: batches that are finished after the first one count. */
    begin (startedAt: string): void {
      since ??= startedAt
      attemptAt = startedAt
    },
    /**
     * Notes a failure that passes by itself. True when the batch has failed so five times while others were finished, by this worker or
     * by another, or after `transaction_timeout`: then it does not wait for what all need. False while the database cannot be asked.
     */
    async isTooMany (): Promise<boolean> {
      return since !== null && await withDeadline(count(), limitMs).catch(() => 0) >= maxWaits
    },
  }
}
