import type { Sql } from 'postgres'
import { Problem } from '../http/problem.ts'
import { transaction } from '../postgres/transaction.ts'
import { classify } from '../process/failures.ts'
import type { Actor } from './actor.ts'
import type { State } from './batch.ts'
import type { Queue } from './queue.ts'
import { releaseBatch } from './transitions.ts'

/**
 * Queues a held batch again, last in its provider's order, and writes the audit entry. The guard against outliers lets it pass. Returns
 * whether this call changed the state; null for an unknown batch.
 *
 * Throws `not-held` for a batch that was never held or has ended, and `queue-unavailable` if its message cannot be sent: the batch is then queued,
 * and the sweeper sends the message.
 */
export async function release (sql: Sql, queue: Queue, id: string, actor: Actor): Promise<{ state: State, changed: boolean } | null> {
  const released = await transaction(sql, async tx => {
    const batch = await releaseBatch(tx, id)
    if (!batch) return null
    const [entry] = await tx<[{ number: number }]>`
      insert into dead_letter_actions (batch_id, action, actor, caller, task, reason, acted_at)
      values (${id}, 'release', ${actor.name}, ${actor.caller ?? null}, ${actor.task ?? null}, ${actor.reason}, clock_timestamp())
      returning number`
    return { ...batch, entry: entry.number }
  })
  if (released) {
    await queue.send(id, released.provider, `${id}-${released.entry}`).catch(cause => {
      if (classify(cause) !== 'wait') throw cause
      throw new Problem('queue-unavailable', `Batch ${id} is released and will be queued when the queue is available again`, { members: { id }, cause })
    })
  }
  const [batch] = await sql<Array<{ state: State, isReleased: boolean }>>`
    select state, released_at is not null as "isReleased" from batches where id = ${id}`
  if (!batch) return null
  const { state } = batch
  if (!released && !batch.isReleased) throw new Problem('not-held', `Batch ${id} is ${state}: only a held batch is released`, { members: { id, state } })
  return { state, changed: released !== null }
}
