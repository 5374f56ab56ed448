import type { Sql } from 'postgres'
import { fileError, type RowError } from '../../rows/values/row-error.ts'
import type { Run } from '../options.ts'

/** Thrown if the latest batch of a series was withdrawn while this one waited for its lock. The attempt begins again. */
export class PreviousWithdrawn extends Error {}

/** Locks the series of a batch until the end of the transaction: its batches find each other. */
export async function lockSeries ({ manifest: { provider, series } }: Run, tx: Sql): Promise<void> {
  if (series === undefined) return
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['series', provider, series])}, 0))`
}

/** Returns the latest batch of the series that counts; undefined if there is none. The caller holds the lock of the series. */
export async function findPrevious ({ manifest: { id, provider, series } }: Run, tx: Sql): Promise<string | undefined> {
  const [latest] = await tx<Array<{ id: string }>>`
    select batches.id from batches join applied_batches on batch_id = batches.id
    where provider = ${provider} and series = ${series!} and state = 'applied' and batches.id <> ${id}
    order by position desc limit 1`
  return latest?.id
}

/**
 * Records the batch that this one replaces, so that no later attempt finds another. Returns an error if a worker has begun that batch after this one:
 * then this one is older, and was redriven or released.
 *
 * Throws PreviousWithdrawn.
 */
export async function recordPrevious ({ manifest: { id } }: Run, tx: Sql, previous: string | undefined): Promise<RowError | null> {
  if (previous !== undefined) {
    const [batch] = await tx<Array<{ isNewer: boolean }>>`
      select (select min(started_at) from batch_attempts where batch_id = ${previous})
        > (select min(started_at) from batch_attempts where batch_id = ${id}) as "isNewer"
      from batches where id = ${previous} and state = 'applied' for update`
    if (!batch) throw new PreviousWithdrawn()
    if (batch.isNewer) return fileError('superseded', previous, previous)
  }
  await tx`update batches set replaces = ${previous === undefined ? [] : [previous]} where id = ${id}`
  return null
}
