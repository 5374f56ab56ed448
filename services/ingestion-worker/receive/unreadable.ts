import { createHash } from 'node:crypto'
import type { Sql } from 'postgres'
import type { Delivery } from '../../../lib/batch/queue.ts'
import { deadLetterBatch } from '../../../lib/batch/transitions.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'

/** Time within which two providers' batches are unreadable for one reason, in seconds. */
const correlationSeconds = 60

/**
 * `dead_lettered`: the batch. `kept`: the message, which names no batch that is known. `ended`: neither, the batch had ended before.
 * `held`: nothing was written but the evidence, since the store is in doubt.
 */
export type UnreadableResult = { outcome: 'dead_lettered' | 'stray' | 'already final' | 'held', provider: string }

/**
 * Decides about a batch of which the store does not give what was accepted, and dead-letters it. Where another provider's batch is
 * unreadable since less than a minute, or any is held, the store is wrong: then the batch is held. All workers decide one after the
 * other, so that of two that fail at once one is dead-lettered and one held.
 */
export async function deadLetterOrHold (sql: Sql, delivery: Delivery, reason: string): Promise<UnreadableResult> {
  const { batchId } = delivery
  if (batchId === '') return await deadLetterUnreadable(sql, delivery, reason)
  return await transaction(sql, async tx => {
    await tx`select pg_advisory_xact_lock(hashtextextended('unreadable_batches', 0))`
    const [batch] = await tx<Array<{ state: string, provider: string }>>`select state, provider from batches where id = ${batchId}`
    // No evidence of a wrong store: a message of no batch says nothing of it, and a batch that has ended may have been spoilt long ago.
    if (!batch || !['queued', 'processing'].includes(batch.state)) return await deadLetterUnreadable(tx, delivery, reason)
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

/** Dead-letters the batch where its row is known, or else keeps the message. */
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

/** Characters of a stray message that are kept, and logged. */
export const maxBodyChars = 1_000
