import type { Sql } from 'postgres'
import { Problem } from '../http/problem.ts'
import { transaction } from '../postgres/transaction.ts'
import { classify } from '../process/failures.ts'
import type { Actor } from './actor.ts'
import type { State } from './batch.ts'
import type { Queue } from './queue.ts'
import { createNote } from './store/note.ts'
import type { Store } from './store/store.ts'
import { releaseBatch } from './transitions.ts'

export type ReleaseRequest = { sql: Sql, store: Store, queue: Queue }

/**
 * Queues a held batch again, last in its provider's order, and writes the audit entry. The guard against outliers lets it pass. The note in the store
 * comes first: in a restored database the guard lets the batch pass too. Returns whether this call changed the state; null for an unknown batch.
 *
 * Throws `not-held` for a batch that was never held or has ended, and `queue-unavailable` if its message cannot be sent: the batch is then queued,
 * and the sweeper sends the message.
 */
export async function release (
  { sql, store, queue }: ReleaseRequest, id: string, actor: Actor
): Promise<{ state: State, changed: boolean } | null> {
  const [held] = await sql<Array<{ provider: string }>>`select provider from batches where id = ${id} and state = 'held'`
  if (held) await store.putNote('releases', createNote(id, held.provider, actor))
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

/** Releases the batches again whose notes were written at `since` or later, and that are held, as after a restore. Returns their ids. */
export async function releaseAgain (request: ReleaseRequest, { since, dryRun }: { since: Date, dryRun: boolean }): Promise<string[]> {
  const { sql, store } = request
  const released: string[] = []
  for await (const ids of store.listIds('releases', since)) {
    const held = await sql<Array<{ id: string }>>`select id from batches where id = any (${ids}) and state = 'held'`
    for (const { id } of held) {
      const note = await store.readNote('releases', id)
      if (note && !dryRun) await release(request, id, note.actor)
      released.push(id)
    }
  }
  return released
}
