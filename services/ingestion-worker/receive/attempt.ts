import type { Sql } from 'postgres'
import { isAtRest, type AnyManifest } from '../../../lib/batch/batch.ts'
import { recordAccepted } from '../../../lib/batch/records.ts'
import { beginBatch, operatorReasonPrefix } from '../../../lib/batch/transitions.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { reasonOf } from '../../../lib/process/failures.ts'
import { DeadLetteredByOperator } from './operator-dead-letter.ts'

export type Attempt = {
  batchId: string
  /** Number of the attempt, from 1, across all workers. */
  attempt: number
  /** Number of the batch, the `batch_number` of its prices. */
  number: number
  /** A person has let the batch pass the guard against outliers. */
  isReleased: boolean
  /** Time by the clock of the database, as text with microseconds. */
  startedAt: string
}

/** Records a new attempt, in a transaction of its own so that it is visible at once. Returns null if the batch is final, held or dead-lettered. */
export async function beginAttempt (sql: Sql, manifest: AnyManifest, worker: string): Promise<Attempt | null> {
  return await transaction(sql, async tx => {
    const [, batch] = await Promise.all([recordAccepted(tx, manifest), beginBatch(tx, manifest.id)])
    // The row is inserted by the first statement. A result without the row is an error: the caller must not delete the message.
    if (!batch) throw Object.assign(new Error(`The row of batch ${manifest.id} is missing`), { code: 'NO_ROW' })
    if (isAtRest(batch.state)) return null
    const [row] = await tx<[{ attempt: number, startedAt: string }]>`
      insert into batch_attempts (batch_id, attempt, worker, started_at)
      select ${manifest.id}, coalesce(max(attempt), 0) + 1, ${worker}, clock_timestamp() from batch_attempts where batch_id = ${manifest.id}
      returning attempt, started_at::text as "startedAt"`
    return { batchId: manifest.id, number: batch.number, isReleased: batch.isReleased, ...row }
  })
}

export type Progress = { stop: () => Promise<void> }

/** Rows read so far, and the expected total, estimated from the bytes; null if the length of the content is unknown. */
export type RowsDone = { read: number, expected: number | null, /** Decoded bytes. */ bytes: number }

/** Writes the progress of an attempt every `everyMs` milliseconds until `stop`. Ignores errors: the attempt itself fails without a database. */
export function reportProgress (sql: Sql, { batchId, attempt }: Attempt, done: () => RowsDone, everyMs = 1_000): Progress {
  let written = 0
  let writing: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    const { read, expected } = done()
    if (read === written) return
    written = read
    writing = sql`
      update batch_attempts set rows_read = ${read}, rows_expected = ${expected}
      where batch_id = ${batchId} and attempt = ${attempt} and finished_at is null`.catch(() => {}) // a late write does not change a finished attempt
  }, everyMs)
  return {
    async stop () {
      clearInterval(timer)
      await writing
    },
  }
}

/** Records the end of an attempt by `clock_timestamp()`: `now()` is the start of the transaction, before the first row of the batch. */
export async function finishAttempt (
  sql: Sql, attempt: Attempt, outcome: string, rowsRead: number, reason: string | null = null
): Promise<void> {
  await sql`
    update batch_attempts
    set finished_at = clock_timestamp(), outcome = ${outcome}, rows_read = ${rowsRead}, rows_expected = null, reason = ${reason}
    where batch_id = ${attempt.batchId} and attempt = ${attempt.attempt}`
}

/**
 * Records the end of an attempt that another worker or an operator has superseded. The outcome is `failed` if an operator has dead-lettered the
 * batch, as it is for an attempt that the heartbeat cancels. Otherwise the outcome is `already final`. An outcome that is already recorded stays:
 * an attempt that copies a stored decision has the state of this decision.
 */
export async function finishSuperseded (sql: Sql, { batchId, attempt }: Attempt, rowsRead: number): Promise<void> {
  await sql`
    with batch as (
      -- A discard keeps the operator's reason. An attempt that applies, validates or rejects the batch clears the reason.
      select coalesce(reason like ${`${operatorReasonPrefix}%`}, false) as by_operator from batches where id = ${batchId}
    )
    update batch_attempts
    set finished_at = clock_timestamp(), rows_read = ${rowsRead}, rows_expected = null,
      outcome = case when by_operator then 'failed' else 'already final' end,
      reason = case when by_operator then ${reasonOf(new DeadLetteredByOperator())} end
    from batch where batch_id = ${batchId} and attempt = ${attempt} and finished_at is null`
}
