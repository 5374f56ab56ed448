import type { Sql } from 'postgres'
import { transaction } from '../runtime/transaction.ts'
import type { Queue } from './queue.ts'
import { isoTime } from './records.ts'

export type Action = 'redrive' | 'discard'

/** Who acts on a dead letter, and why. */
export type Actor = { name: string, reason: string | null }

export type DeadLetter = {
  id: string
  provider: string
  mode: string
  accepted_at: string
  dead_lettered_at: string
  /** The last failure: code and message. */
  reason: string | null
  attempts: number
}

/** The batch's state after an action, and whether the action made it so. */
export type ActionResult = { state: string, changed: boolean }

/** What has been done to a batch, oldest first. */
export type AuditEntry = { action: Action, actor: string, reason: string | null, acted_at: string }

/** Newest first. `after` is the id of the last one of the page before. */
export async function listDeadLetters (sql: Sql, { provider, after, limit }: {
  provider?: string | undefined, after?: string | undefined, limit: number
}): Promise<DeadLetter[]> {
  return await sql<DeadLetter[]>`
    select id, provider, mode, ${isoTime(sql, 'accepted_at')}, ${isoTime(sql, 'dead_lettered_at')}, reason,
      (select count(*)::int from batch_attempts where batch_id = batches.id) as attempts
    from batches
    where state = 'dead_lettered'
      ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
      ${after === undefined ? sql`` : sql`and (dead_lettered_at, id) < (select dead_lettered_at, id from batches where id = ${after})`}
    order by dead_lettered_at desc, id desc
    limit ${limit}`
}

export async function auditOf (sql: Sql, id: string): Promise<AuditEntry[]> {
  return await sql<AuditEntry[]>`
    select action, actor, reason, ${isoTime(sql, 'acted_at')} from dead_letter_actions where batch_id = ${id} order by number`
}

/**
 * Sends a dead letter back to the queue, or ends it as discarded. The audit entry is in the transaction of the change.
 * Done twice it has one effect: the answer is the state after it, and whether this call made it; null for an unknown batch.
 *
 * A redrive's message is a new one, last in the provider's order; when sending fails the batch is `queued` all the same
 * and the sweeper sends it. Throws what the queue throws then.
 */
export async function actOn (sql: Sql, queue: Queue, id: string, action: Action, actor: Actor): Promise<ActionResult | null> {
  const changed = await transaction(sql, async tx => {
    const [batch] = action === 'redrive'
      ? await tx`update batches set state = 'queued', queued_at = clock_timestamp() where id = ${id} and state = 'dead_lettered' returning provider, mode`
      : await tx`update batches set state = 'discarded', finished_at = clock_timestamp() where id = ${id} and state = 'dead_lettered' returning provider, mode`
    if (!batch) return null
    const [entry] = await tx<[{ number: number }]>`
      insert into dead_letter_actions (batch_id, action, actor, reason, acted_at) values (${id}, ${action}, ${actor.name}, ${actor.reason}, clock_timestamp())
      returning number`
    return { provider: batch.provider as string, entry: entry.number }
  })
  if (changed && action === 'redrive') await queue.send(id, changed.provider, `${id}-${changed.entry}`)
  const [batch] = await sql<Array<{ state: string }>>`select state from batches where id = ${id}`
  return batch ? { state: batch.state, changed: changed !== null } : null
}
