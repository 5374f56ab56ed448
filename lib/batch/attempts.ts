import type { Sql } from 'postgres'
import { isoTime } from './records.ts'

/** Returns the subselect of the reason of a batch's last failed attempt; `id` is an expression. */
export const lastFailure = (sql: Sql, id: ReturnType<Sql>) =>
  sql`(select reason from batch_attempts where batch_id = ${id} and reason is not null order by attempt desc limit 1)`

/** One attempt of a worker to process a batch: a row of `batch_attempts`. Times are ISO 8601. */
export type AttemptRecord = {
  /** Number of the attempt, from 1, across all workers. */
  attempt: number
  worker: string
  started_at: string
  finished_at: string | null
  outcome: string | null
  /** Code and message of the failure; null without a failure. */
  reason: string | null
  rows_read: number
  rows_expected: number | null
}

/** Returns the latest `limit` attempts of a batch, oldest first. */
export async function listAttempts (sql: Sql, batchId: string, limit: number): Promise<AttemptRecord[]> {
  const found = await sql<AttemptRecord[]>`
    select attempt, worker, ${isoTime(sql, 'started_at')}, ${isoTime(sql, 'finished_at')}, outcome, reason, rows_read, rows_expected
    from batch_attempts where batch_id = ${batchId} order by attempt desc limit ${limit}`
  return found.toReversed()
}
