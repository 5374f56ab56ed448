import type { Sql } from 'postgres'
import type { Store } from '../batch/store.ts'
import { classify } from '../runtime/failures.ts'
import type { Log } from '../runtime/log.ts'
import { readPayload, Unreadable } from './apply/payload.ts'

export type DoubtOptions = {
  sql: Sql
  store: Store
  log: Log
  maxDecodedBytes: number
  /** Time after which the store is acquitted if it gives another batch as it was accepted, in seconds. */
  doubtSeconds: number
  /** Time between two readings of a batch that is held, in seconds; one worker at a time reads it. */
  recheckSeconds?: number
}

/** Thrown while batches are held because the store does not give what was accepted. */
export class StoreInDoubt extends Error {
  readonly code = 'STORE_IN_DOUBT'
}

/** Batches that wait and can be read in place of those that are held. */
const witnesses = 3

/**
 * Reads the batches again that are held. Resolves when none is left: each was read as it was accepted, or has ended (an operator did
 * that), or the store was acquitted. It is when it gives one of the other waiting batches, after `doubtSeconds`: then those that are held
 * are broken each for itself, and their workers dead-letter them. While no other batch waits, nobody is kept waiting either.
 */
export async function settleDoubt (options: DoubtOptions): Promise<void> {
  const { sql, log, doubtSeconds, recheckSeconds = 5 } = options
  const due = await sql<Array<{ batch_id: string, expired: boolean }>>`
    update unreadable_batches set checked_at = clock_timestamp()
    where held_since is not null and checked_at < clock_timestamp() - make_interval(secs => ${recheckSeconds})
    returning batch_id, held_since < clock_timestamp() - make_interval(secs => ${doubtSeconds}) as expired`
  for (const { batch_id: id } of due) {
    const [batch] = await sql<Array<{ state: string }>>`select state from batches where id = ${id}`
    const ended = batch !== undefined && !['queued', 'processing'].includes(batch.state)
    if (!ended && !await isAsAccepted(options, id)) continue
    await sql`delete from unreadable_batches where batch_id = ${id}`
    log.info({ batchId: id }, ended ? 'unreadable batch has ended' : 'unreadable batch can be read again')
  }
  if (due.some(({ expired }) => expired) && await givesAnother(options)) {
    await sql`update unreadable_batches set store_is_right = true, held_since = null where held_since is not null`
    log.warn('the store gives other batches as accepted: the unreadable ones are dead-lettered')
  }
  const held = await countHeld(sql)
  if (held > 0) throw new StoreInDoubt(`${held} batches cannot be read as they were accepted`)
}

export async function countHeld (sql: Sql): Promise<number> {
  const [row] = await sql<[{ held: number }]>`select count(*)::int as held from unreadable_batches where held_since is not null`
  return row.held
}

async function givesAnother (options: DoubtOptions): Promise<boolean> {
  const others = await options.sql<Array<{ id: string }>>`
    select id from batches where state in ('queued', 'processing') and id not in (select batch_id from unreadable_batches)
    order by queued_at desc limit ${witnesses}`
  for (const { id } of others) if (await isAsAccepted(options, id)) return true
  return false
}

/** Whether the store has the batch's manifest and its payload. Throws when the store cannot be asked. */
async function isAsAccepted ({ store, maxDecodedBytes }: DoubtOptions, id: string): Promise<boolean> {
  try {
    const manifest = await store.readManifest(id)
    if (!manifest) return false
    const chunks = readPayload(await store.openPayload(manifest.payload), manifest, maxDecodedBytes)
    while (!(await chunks.next()).done);
    return true
  } catch (error) {
    if (error instanceof Unreadable) return true // it is as it was accepted, and will be rejected
    if (classify(error) === 'corrupt') return false
    throw error
  }
}
