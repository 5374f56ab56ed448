import { createHash } from 'node:crypto'
import type { Sql } from 'postgres'
import { isUnfinished, type State } from '../../../lib/batch/batch.ts'
import type { Delivery } from '../../../lib/batch/queue.ts'
import { deadLetterBatch } from '../../../lib/batch/transitions.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'

/** Time within which unreadable batches of two providers count as one fault of the store, in seconds. */
const correlationSeconds = 60

/**
 * Result for an unreadable batch:
 * - `dead_lettered`: the batch is dead-lettered.
 * - `stray`: the message names no known batch and is stored in `stray_messages`.
 * - `already final`: the batch was no longer queued or processing, and nothing was written.
 * - `held`: the store is suspect, and only the failure is recorded.
 */
export type UnreadableResult = { outcome: 'dead_lettered' | 'stray' | 'already final' | 'held', provider: string }

/**
 * Dead-letters a batch that the store does not return as accepted, or holds it while the store is suspect. The store is suspect if any
 * batch is held, or if a batch of another provider became unreadable less than a minute ago. A lock serializes the workers: of two batches
 * that fail at the same time, one is dead-lettered and one is held.
 */
export async function deadLetterOrHold (sql: Sql, delivery: Delivery, reason: string): Promise<UnreadableResult> {
  const { batchId } = delivery
  if (batchId === '') return await deadLetterUnreadable(sql, delivery, reason)
  return await transaction(sql, async tx => {
    await tx`select pg_advisory_xact_lock(hashtextextended('unreadable_batches', 0))`
    const [batch] = await tx<Array<{ state: State, provider: string }>>`select state, provider from batches where id = ${batchId}`
    // Two cases say nothing about the store: a message of an unknown batch, and a finished batch whose objects may have been damaged long ago.
    if (!batch || !isUnfinished(batch.state)) return await deadLetterUnreadable(tx, delivery, reason)
    const [failure] = await tx<[{ provider: string, store_is_right: boolean }]>`
      insert into unreadable_batches (batch_id, provider, reason, failed_at, checked_at)
      values (${batchId}, ${batch.provider}, ${reason}, clock_timestamp(), clock_timestamp())
      on conflict (batch_id) do update set reason = excluded.reason, failed_at = excluded.failed_at
      returning provider, store_is_right`
    const [evidence] = failure.store_is_right
      ? []
      : await tx`
        select 1 from unreadable_batches
        where held_since is not null or (provider <> ${failure.provider} and not store_is_right
          and failed_at > clock_timestamp() - make_interval(secs => ${correlationSeconds})) limit 1`
    if (!evidence) return await deadLetterUnreadable(tx, delivery, reason)
    await tx`update unreadable_batches set held_since = coalesce(held_since, clock_timestamp()) where batch_id = ${batchId}`
    return { outcome: 'held', provider: failure.provider }
  })
}

/** Dead-letters a batch that has a row and is unfinished, or stores the message of an unknown batch in `stray_messages`. */
export async function deadLetterUnreadable (sql: Sql, { batchId, group, body }: Delivery, reason: string): Promise<UnreadableResult> {
  const deadLettered = await deadLetterBatch(sql, batchId, reason)
  if (deadLettered) return { outcome: 'dead_lettered', provider: deadLettered.provider }
  const [known] = await sql<Array<{ provider: string }>>`select provider from batches where id = ${batchId}`
  if (known) return { outcome: 'already final', provider: known.provider }
  const text = body.slice(0, maxBodyChars).toWellFormed().replaceAll('\0', '\ufffd')
  await sql`
    insert into stray_messages (sha256, message_group, body, reason, last_at)
    values (${createHash('sha256').update(JSON.stringify([group, text])).digest('hex')}, ${group}, ${text}, ${reason}, clock_timestamp())
    on conflict (sha256) do update set messages = stray_messages.messages + 1, reason = excluded.reason, last_at = excluded.last_at`
  return { outcome: 'stray', provider: group }
}

/** Largest number of characters of a stray message that are stored and logged. */
export const maxBodyChars = 1_000
