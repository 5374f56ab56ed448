import type { Sql } from 'postgres'
import { isWithdrawal, type State } from './batch.ts'
import { withDeadline } from '../process/deadline.ts'
import { classify } from '../process/failures.ts'
import { Problem } from '../http/problem.ts'
import { transaction } from '../postgres/transaction.ts'
import { decideInTime } from './store/decide.ts'
import type { Decision } from './store/decision.ts'
import { decidedNow, followDecision } from './follow-decision.ts'
import type { Queue } from './queue.ts'
import { isoTime } from './records.ts'
import { isRebuiltFromRow } from './store/manifest-fallback.ts'
import type { Store } from './store/store.ts'
import { deadLetterBatch, operatorReasonPrefix, redriveBatch } from './transitions.ts'
import type { Actor } from './actor.ts'

export type Action = 'redrive' | 'discard' | 'dead_letter'
/** Actions that the audit has. */
export type AuditedAction = Action | 'withdraw' | 'release' | 'purge'

export type DeadLetter = {
  id: string
  provider: string
  mode: string
  accepted_at: string
  dead_lettered_at: string
  /** Code and message of the last failure. */
  reason: string | null
  attempts: number
  /** When the payload was stored. The lifecycle of the bucket counts from this time. */
  payload_stored_at: string
}

/** State of the batch after an action, and whether this action changed the state. `followed`: the row took the state of a stored decision. */
export type ActionResult = { state: State, changed: boolean, followed?: true }

/** One action on a batch, from the audit table `dead_letter_actions`. */
export type AuditEntry = { action: AuditedAction, actor: string, caller: string | null, task: string | null, reason: string | null, acted_at: string }

/** Returns a page of dead letters, newest first. `after` is the id of the last dead letter of the previous page. */
export async function listDeadLetters (sql: Sql, { provider, after, limit }: {
  provider?: string | undefined, after?: string | undefined, limit: number
}): Promise<DeadLetter[]> {
  return await sql<DeadLetter[]>`
    select id, provider, mode, ${isoTime(sql, 'accepted_at')}, ${isoTime(sql, 'dead_lettered_at')}, reason,
      to_char(coalesce(payload_stored_at, accepted_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as payload_stored_at,
      (select count(*)::int from batch_attempts where batch_id = batches.id) as attempts
    from batches
    where state = 'dead_lettered'
      ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
      ${after === undefined ? sql`` : sql`and (dead_lettered_at, id) < (select dead_lettered_at, id from batches where id = ${after})`}
    order by dead_lettered_at desc, id desc
    limit ${limit}`
}

/** Returns the actions on a batch, oldest first. */
export async function listAuditEntries (sql: Sql, id: string): Promise<AuditEntry[]> {
  return await sql<AuditEntry[]>`
    select action, actor, caller, task, reason, ${isoTime(sql, 'acted_at')} from dead_letter_actions where batch_id = ${id} order by number`
}

/** Resources that an action changes besides the database. */
export type Effects = { store: Store, queue: Queue }

/** Longest time to look up a batch in the store, in milliseconds. */
const lookUpMs = 3_000

/**
 * Acts on a batch, and writes the audit entry in the transaction of the change:
 * - `redrive` queues a dead letter again. The new message is the last one in the provider's order.
 * - `discard` discards a dead letter. The decision is stored before the row is updated.
 * - `dead_letter` dead-letters a batch that is queued or processing. The worker of that batch notices at its next heartbeat.
 *
 * A repeated action has no second effect. Returns the resulting state, and whether this call changed the state; null for an unknown batch.
 * A batch with a stored decision is not redriven: its row takes the state of the decision.
 *
 * Throws these problems:
 * - `not-discardable`: for a discard of a withdrawal. A batch that was taken back must stay so, in whichever order messages arrive.
 * - `payload-gone`: for a redrive, if the payload is missing from the store.
 * - `store-unavailable`: for a discard, if the decision cannot be stored.
 * - `queue-unavailable`: for a redrive, if its message cannot be sent. The batch is then `queued`, and the sweeper sends the message.
 */
export async function actOn (sql: Sql, { store, queue }: Effects, id: string, action: Action, actor: Actor): Promise<ActionResult | null> {
  if (action === 'discard') return await stateAfter(sql, id, await transaction(sql, tx => discard(tx, store, id, actor)))
  if (action === 'redrive' && await isDecided(sql, store, id)) return await stateAfter(sql, id, 'followed')
  const changed = await transaction(sql, async tx => {
    const batch = action === 'redrive'
      ? await redriveBatch(tx, id)
      : await deadLetterBatch(tx, id, operatorReasonPrefix + (actor.reason ?? actor.name))
    if (!batch) return null
    const [entry] = await tx<[{ number: number }]>`
      insert into dead_letter_actions (batch_id, action, actor, caller, task, reason, acted_at)
      values (${id}, ${action}, ${actor.name}, ${actor.caller ?? null}, ${actor.task ?? null}, ${actor.reason}, clock_timestamp())
      returning number`
    return { provider: batch.provider, entry: entry.number }
  })
  if (changed && action === 'redrive') {
    await queue.send(id, changed.provider, `${id}-${changed.entry}`).catch(cause => {
      if (classify(cause) !== 'wait') throw cause
      throw new Problem('queue-unavailable', `Batch ${id} will be queued when the queue is available again; repeating the request is safe`, { cause })
    })
  }
  return await stateAfter(sql, id, changed === null ? 'nothing' : 'changed')
}

type Effect = 'changed' | 'followed' | 'nothing'

async function stateAfter (sql: Sql, id: string, effect: Effect): Promise<ActionResult | null> {
  const [batch] = await sql<Array<{ state: State }>>`select state from batches where id = ${id}`
  return batch ? { state: batch.state, changed: effect === 'changed', ...(effect === 'followed' ? { followed: true } : {}) } : null
}

/** Locks the row while the decision is written. A commit in flight finishes first and prevents the decision, or starts after the decision. */
async function discard (tx: Sql, store: Store, id: string, actor: Actor): Promise<Effect> {
  const [batch] = await tx<Array<{ provider: string, target: string | null, decidedAt: string }>>`
    select provider, target_id as target, ${decidedNow(tx)} from batches where id = ${id} and state = 'dead_lettered' for update`
  if (!batch) return 'nothing'
  const { target, ...of } = batch
  if (target !== null) throw new Problem('not-discardable', `Batch ${id} withdraws batch ${target}: redrive it when its cause is removed`)
  const ownDecision: Decision = { version: 1, id, state: 'discarded', ...of, actor }
  const decision = await decideInTime(store, ownDecision).catch(cause => {
    if (['INVALID_DECISION', 'DECISION_VERSION'].includes((cause as { code?: string }).code ?? '')) {
      throw new Problem('store-unavailable', `Batch ${id} is not discarded: ${(cause as Error).message}. The object is decisions/${id}.json: ` +
        'delete it or restore its first version, then discard the batch', { cause })
    }
    throw new Problem('store-unavailable', `Batch ${id} is not discarded: the decision cannot be stored; repeating the request is safe`, { cause })
  })
  await followDecision(tx, decision)
  return decision.state === 'discarded' && decision.decidedAt === ownDecision.decidedAt ? 'changed' : 'followed'
}

/**
 * Returns whether the store has a decision about a dead letter, and copies that decision to the row. Returns false if the store is
 * unavailable: the worker reads the decision again. Throws the problem `payload-gone`.
 */
async function isDecided (sql: Sql, store: Store, id: string): Promise<boolean> {
  const [dead] = await sql`select 1 from batches where id = ${id} and state = 'dead_lettered'`
  if (!dead) return false
  const found = await withDeadline(lookUp(store, id), lookUpMs).catch(() => null)
  if (found?.decision) {
    const { decision } = found
    return await transaction(sql, tx => followDecision(tx, decision))
  }
  if (found?.payload === 'missing') {
    throw new Problem('payload-gone', `The payload of batch ${id} is missing from the store: no attempt can read it. ` +
      'Discard the batch; its provider has to send the file under a new Idempotency-Key', { members: { id } })
  }
  return false
}

async function lookUp (store: Store, id: string) {
  const [decision, manifest] = await Promise.all([store.readDecision(id), store.readManifest(id).catch(() => null)])
  return { decision, payload: manifest && !isWithdrawal(manifest) && !isRebuiltFromRow(manifest) ? await store.payloadState(manifest.payload) : null }
}
