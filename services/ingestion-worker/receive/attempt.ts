import type { Sql } from 'postgres'
import { finalStates, type Manifest } from '../../../lib/batch/batch.ts'
import { recordAccepted } from '../../../lib/batch/records.ts'
import { beginBatch } from '../../../lib/batch/transitions.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'

export type Attempt = {
  batchId: string
  /** From 1, over all workers. */
  attempt: number
  /** The batch's number, which every price of it carries. */
  number: number
  /** By the database's clock, as text with microseconds. */
  startedAt: string
}

/** Notes that a worker begins, in a transaction of its own so that it can be seen; null when the batch has come to its end already. */
export async function beginAttempt (sql: Sql, manifest: Manifest, worker: string): Promise<Attempt | null> {
  await recordAccepted(sql, manifest)
  return await transaction(sql, async tx => {
    const batch = await beginBatch(tx, manifest.id)
    // The row was written just now: an answer without it is no answer, and must not end in the message's deletion.
    if (!batch) throw Object.assign(new Error(`The row of batch ${manifest.id} is missing`), { code: 'NO_ROW' })
    if (finalStates.has(batch.state) || batch.state === 'dead_lettered') return null
    const [row] = await tx<[{ attempt: number, startedAt: string }]>`
      insert into batch_attempts (batch_id, attempt, worker, started_at)
      select ${manifest.id}, coalesce(max(attempt), 0) + 1, ${worker}, clock_timestamp() from batch_attempts where batch_id = ${manifest.id}
      returning attempt, started_at::text as "startedAt"`
    return { batchId: manifest.id, number: batch.number, ...row }
  })
}

export type Progress = { stop: () => Promise<void> }

/** Rows read so far, and how many there will be, estimated from the bytes; null where that cannot be told. */
export type RowsDone = { read: number, expected: number | null, /** Decoded. */ bytes: number }

/** Keeps the progress of an attempt up to date until it is stopped; a database that is away is the attempt's own concern. */
export function reportProgress (sql: Sql, { batchId, attempt }: Attempt, done: () => RowsDone, everyMs = 1_000): Progress {
  let written = 0
  let writing: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    const { read, expected } = done()
    if (read === written) return
    written = read
    writing = sql`
      update batch_attempts set rows_read = ${read}, rows_expected = ${expected}
      where batch_id = ${batchId} and attempt = ${attempt} and finished_at is null`.catch(() => {}) // a late write changes no ended attempt
  }, everyMs)
  return {
    async stop () {
      clearInterval(timer)
      await writing
    },
  }
}

/** Takes the time of the clock: `now()` is the start of the transaction, and that of an applied batch begins before its first row. */
export async function finishAttempt (
  sql: Sql, attempt: Attempt, outcome: string, rowsRead: number, reason: string | null = null
): Promise<void> {
  await sql`
    update batch_attempts
    set finished_at = clock_timestamp(), outcome = ${outcome}, rows_read = ${rowsRead}, rows_expected = null, reason = ${reason}
    where batch_id = ${attempt.batchId} and attempt = ${attempt.attempt}`
}
