import type { Sql } from 'postgres'
import { withDeadline } from '../process/deadline.ts'
import { classify } from '../process/failures.ts'
import { Problem } from '../http/problem.ts'
import { transaction } from '../postgres/transaction.ts'
import { decideInTime } from './decide.ts'
import type { Decision } from './store/decision.ts'
import { decidedNow, followDecision } from './follow-decision.ts'
import type { Queue } from './queue.ts'
import { isoTime } from './records.ts'
import { isRebuiltFromRow } from './store/manifest-fallback.ts'
import type { Store } from './store/store.ts'
import { deadLetterBatch, operatorReasonPrefix, redriveBatch } from './transitions.ts'
import type { Actor } from './actor.ts'

export type Action = 'redrive' | 'discard' | 'dead_letter'

export type DeadLetter = {
  id: string
  provider: string
  mode: string
  accepted_at: string
  dead_lettered_at: string
  /** The last failure: code and message. */
  reason: string | null
  attempts: number
  /** When its payload came to the store: from then on its life counts. */
  payload_stored_at: string
}

/** The batch's state after an action, and whether the action made it so. `followed`: the row got the state of a decision that the store had. */
export type ActionResult = { state: string, changed: boolean, followed?: true }

/** What has been done to a batch, oldest first. */
export type AuditEntry = { action: Action, actor: string, caller: string | null, task: string | null, reason: string | null, acted_at: string }

/** Newest first. `after` is the id of the last one of the page before. */
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

export async function listAuditEntries (sql: Sql, id: string): Promise<AuditEntry[]> {
  return await sql<AuditEntry[]>`
    select action, actor, caller, task, reason, ${isoTime(sql, 'acted_at')} from dead_letter_actions where batch_id = ${id} order by number`
}

/** Where an action puts its effect. */
export type Effects = { store: Store, queue: Queue }

/** Longest time to look up a batch in the store, in milliseconds. */
const lookUpMs = 3_000

/**
 * Sends a dead letter back to the queue, or ends it as discarded; or makes one of a batch that is queued or being processed, whose worker
 * notices at its next heartbeat. The audit entry is in the transaction of the change.
 * Done twice it has one effect: the answer is the state after it, and whether this call made it; null for an unknown batch.
 *
 * A discard is decided in the store before the row says it. A batch with a decision is not redriven: its row follows the decision. Throws
 * the problem `payload-gone` for a redrive of a batch whose payload the store does not have any more, and `store-unavailable` for a discard.
 *
 * A redrive's message is a new one, last in the provider's order; when sending fails the batch is `queued` all the same
 * and the sweeper sends it. Throws the problem `queue-unavailable` then.
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
  const [batch] = await sql<Array<{ state: string }>>`select state from batches where id = ${id}`
  return batch ? { state: batch.state, changed: effect === 'changed', ...(effect === 'followed' ? { followed: true } : {}) } : null
}

/** The row stays locked while the decision is written: a commit in flight comes before it, and then there is no decision, or after it. */
async function discard (tx: Sql, store: Store, id: string, actor: Actor): Promise<Effect> {
  const [batch] = await tx<Array<{ provider: string, decidedAt: string }>>`
    select provider, ${decidedNow(tx)} from batches where id = ${id} and state = 'dead_lettered' for update`
  if (!batch) return 'nothing'
  const ownDecision: Decision = { version: 1, id, state: 'discarded', ...batch, actor }
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
 * Whether the store has a decision about a dead letter: its row then follows it. A store that is unavailable has none: the worker looks again.
 * Throws the problem `payload-gone`.
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
  return { decision, payload: manifest && !isRebuiltFromRow(manifest) ? await store.payloadState(manifest.payload) : null }
}
