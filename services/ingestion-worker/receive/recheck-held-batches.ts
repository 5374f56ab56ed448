import { addAbortSignal } from 'node:stream'
import type { Sql } from 'postgres'
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
  /** Time after which another batch that can be read ends the doubt, in seconds. */
  suspectSeconds: number
  /** Time between two readings of a batch that is held, in seconds. */
  recheckSeconds?: number
  /** Time after which another worker reads the held batches if this one has ended, in seconds. */
  leaseSeconds?: number
  /** Aborted when the process must end: the reading is cancelled. */
  signal: AbortSignal
}

/** Thrown while batches are held because the store does not give what was accepted. */
export class StoreSuspect extends Error {
  readonly code = 'STORE_SUSPECT'
}

/** Batches that wait and are read in place of those that are held. */
const maxOtherBatches = 3

/**
 * Reads the held batches again, in one worker at a time. Resolves when no batch is held: each was read as it was accepted, or is final
 * (an operator ended it), or the doubt is over. The doubt ends when the store gives one of the other waiting batches as it was accepted,
 * after `doubtSeconds`: then the held batches are broken, the store is not, and their workers dead-letter them. While no other batch
 * waits, the pause delays none. Throws StoreInDoubt while batches are held.
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
    const [batch] = await sql<Array<{ state: string }>>`select state from batches where id = ${id}`
    const isFinished = batch !== undefined && !['queued', 'processing'].includes(batch.state)
    if (!isFinished && !await isAsAccepted(options, id)) continue
    await sql`delete from unreadable_batches where batch_id = ${id}`
    log.info({ batchId: id }, isFinished ? 'unreadable batch is no longer queued or processing' : 'unreadable batch is readable again')
  }
  if (held.some(({ expired }) => expired) && await canReadOtherBatch(options)) {
    await sql`update unreadable_batches set store_is_right = true, held_since = null where held_since is not null`
    log.warn('the store returns other batches as accepted: the unreadable ones are dead-lettered')
  }
}

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
 * Whether the store has the batch's manifest and its payload, and no decision that cannot be read. Throws when the store is unavailable, or
 * the process ends.
 */
async function isAsAccepted ({ store, maxDecodedBytes, signal }: RecheckOptions, id: string): Promise<boolean> {
  signal.throwIfAborted()
  try {
    const [manifest, decision] = await Promise.all([store.readManifest(id), store.readDecision(id, signal)])
    if (!manifest) return false
    if (decision) return true // the next attempt ends by it and reads no payload
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
    if (error instanceof Unreadable) return true // the content is as it was accepted, and will be rejected
    if (classify(error) === 'corrupt') return false
    throw error
  }
}
