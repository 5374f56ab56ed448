import { addAbortSignal } from 'node:stream'
import type { Sql } from 'postgres'
import { isUnfinished, isWithdrawal, type State } from '../../../lib/batch/batch.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { classify } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'
import { readPayload, Unreadable } from '../apply/payload.ts'
import { leaseHeld, type Held } from './held-lease.ts'

export type RecheckOptions = {
  sql: Sql
  store: Store
  log: Log
  maxDecodedBytes: number
  /** Shortest time that the store is suspect, in seconds. After this time, one other readable batch ends the suspicion. */
  suspectSeconds: number
  /** Time between two reads of a held batch, in seconds. */
  recheckSeconds?: number
  /** Time after which another worker reads the held batches if this worker has crashed, in seconds. */
  leaseSeconds?: number
  /** Aborted at the shutdown deadline. The read is then cancelled. */
  signal: AbortSignal
}

/** Thrown while batches are held because the store does not return what was accepted. */
export class StoreSuspect extends Error {
  readonly code = 'STORE_SUSPECT'
}

/** Largest number of other unfinished batches that are read to test the store. */
const maxOtherBatches = 3

/**
 * Reads the held batches again, in one worker at a time. Resolves when no batch is held. A batch is no longer held when:
 * - it is read as accepted,
 * - it is no longer queued or processing, because an operator has acted on it,
 * - the store is no longer suspect.
 *
 * The suspicion ends after `suspectSeconds` if the store returns one of the other unfinished batches as accepted. Only the held batches are
 * then damaged, and their workers dead-letter them. Without other unfinished batches the pause delays no batch. Throws StoreSuspect while
 * batches are held.
 */
export async function recheckHeldBatches (options: RecheckOptions): Promise<void> {
  const { sql, recheckSeconds = 5, leaseSeconds = 30 } = options
  const lease = await leaseHeld(sql, { ...options, recheckSeconds, leaseSeconds })
  if (lease) {
    try {
      await recheck(options, lease.held)
    } finally {
      await lease.release()
    }
  }
  const held = await countHeld(sql)
  if (held > 0) throw new StoreSuspect(`${held} batches cannot be read as they were accepted`)
}

async function recheck (options: RecheckOptions, held: Held[]): Promise<void> {
  const { sql, log } = options
  for (const { id } of held) {
    const [batch] = await sql<Array<{ state: State }>>`select state from batches where id = ${id}`
    const isFinished = batch !== undefined && !isUnfinished(batch.state)
    if (!isFinished && !await isAsAccepted(options, id)) continue
    await sql`delete from unreadable_batches where batch_id = ${id}`
    log.info({ batchId: id }, isFinished ? 'unreadable batch is no longer queued or processing' : 'unreadable batch has become readable')
  }
  if (held.some(({ expired }) => expired) && await canReadOtherBatch(options)) {
    await sql`update unreadable_batches set store_is_right = true, held_since = null where held_since is not null`
    log.warn('store returns other batches as accepted: unreadable batches will be dead-lettered')
  }
}

/** Returns how many batches all workers hold because the store is suspect. Batches that wait for a dependency are not counted. */
export async function countHeld (sql: Sql): Promise<number> {
  const [row] = await sql<[{ held: number }]>`select count(*)::int as held from unreadable_batches where held_since is not null`
  return row.held
}

async function canReadOtherBatch (options: RecheckOptions): Promise<boolean> {
  const others = await options.sql<Array<{ id: string }>>`
    select id from batches where state in ('queued', 'processing') and id not in (select batch_id from unreadable_batches)
    order by queued_at desc limit ${maxOtherBatches}`
  for (const { id } of others) if (await isAsAccepted(options, id)) return true
  return false
}

/**
 * Returns whether the store returns the manifest and the payload of the batch as accepted, and its decision, if any, can be read. Throws if
 * the store is unavailable or `signal` is aborted.
 */
async function isAsAccepted ({ store, maxDecodedBytes, signal }: RecheckOptions, id: string): Promise<boolean> {
  signal.throwIfAborted()
  try {
    const [manifest, decision] = await Promise.all([store.readManifest(id), store.readDecision(id, signal)])
    if (!manifest) return false
    if (decision) return true // the next attempt follows the decision and reads no payload
    if (isWithdrawal(manifest)) return true
    const payload = addAbortSignal(signal, await store.openPayload(manifest.payload, signal))
    try {
      const chunks = readPayload(payload, manifest, maxDecodedBytes)
      while (!(await chunks.next()).done) signal.throwIfAborted()
    } finally {
      payload.destroy()
    }
    return true
  } catch (error) {
    if (signal.aborted) throw error
    if (error instanceof Unreadable) return true // the content is the accepted one, and will be rejected
    if (classify(error) === 'corrupt') return false
    if (classify(error) === 'newer') return true // a worker of that release reads it
    throw error
  }
}
