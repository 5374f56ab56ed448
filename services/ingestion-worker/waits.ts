import type { Sql } from 'postgres'
import { withDeadline } from '../runtime/deadline.ts'

/** Longest wait for the count, in milliseconds: without an answer the database is what is missing. */
const limitMs = 5_000
/** So many failures of one batch that pass by themselves, while others were finished, are its own fault. */
const maxWaits = 5

/** Counts the failures of one batch that pass by themselves. One for each delivery. */
export function countWaits (sql: Sql, batchId: string) {
  /** By the database's clock; null until an attempt has begun. */
  let since: string | null = null

  async function count (): Promise<number> {
    const [counted] = await sql<Array<{ waits: number, now: string }>>`
      update batches set waits = waits + 1
      where id = ${batchId} and state in ('queued', 'processing') and waits < ${maxWaits}
        and exists (select from batches as other where other.finished_at > ${since}::timestamptz and other.id <> ${batchId})
      returning waits, clock_timestamp()::text as now`
    if (counted) since = counted.now
    const [batch] = counted ? [counted] : await sql<Array<{ waits: number }>>`select waits from batches where id = ${batchId}`
    return batch?.waits ?? 0
  }

  return {
    /** The start of an attempt: batches that are finished after the first one count. */
    begin (startedAt: string): void {
      since ??= startedAt
    },
    /**
     * Notes a failure that passes by itself. True when the batch has failed so five times while others were finished, by this worker or
     * by another: then it does not wait for what all need. False while the database cannot be asked.
     */
    async isTooMany (): Promise<boolean> {
      return since !== null && await withDeadline(count(), limitMs).catch(() => 0) >= maxWaits
    },
  }
}
