import type { Sql } from 'postgres'
import { isoTime } from './records.ts'

/** One delivery of a batch to a worker, as `batch_attempts` has it. Times are ISO 8601. */
export type AttemptRecord = {
  /** From 1, over all workers. */
  attempt: number
  worker: string
  started_at: string
  finished_at: string | null
  outcome: string | null
  /** Code and message of a failure. */
  reason: string | null
  rows_read: number
  rows_expected: number | null
}

/** The latest `limit` attempts of a batch, oldest first. */
export async function listAttempts (sql: Sql, batchId: string, limit: number): Promise<AttemptRecord[]> {
  const found = await sql<AttemptRecord[]>`
    select attempt, worker, ${isoTime(sql, 'started_at')}, ${isoTime(sql, 'finished_at')}, outcome, reason, rows_read, rows_expected
    from batch_attempts where batch_id = ${batchId} order by attempt desc limit ${limit}`
  return found.toReversed()
}
