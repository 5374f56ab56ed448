import type { Sql } from 'postgres'
import type { AnyManifest } from '../../../lib/batch/batch.ts'
import type { Decision } from '../../../lib/batch/store/decision.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { atOnce } from '../../../lib/process/at-once.ts'
import { unreadable, type Unreadable } from './unreadable.ts'

/** A page of manifests whose batches have no row. */
export type Lost = {
  /** Manifests without a decision in the store: their batches are to be applied. */
  undecided: AnyManifest[]
  decided: Array<{ manifest: AnyManifest, decision: Decision }>
  unreadable: Unreadable[]
}

const readsAtOnce = 16

/**
 * Finds the batches that the bucket has and the database lacks, accepted at `since` or later by the store's clock. Yields the result of
 * one page of the listing at a time, at most 1,000 ids, so that memory use is bounded. Throws errors of the store and the database.
 */
export async function * lostBatches (sql: Sql, store: Store, since: Date): AsyncGenerator<Lost> {
  for await (const ids of store.listIds('batches', since)) {
    const absent = await withoutRow(sql, ids)
    if (absent.length > 0) yield await readAll(store, absent)
  }
}

async function withoutRow (sql: Sql, ids: string[]): Promise<string[]> {
  const rows = await sql<Array<{ id: string }>>`
    select given.id from unnest(${ids}::text[]) as given (id) where not exists (select from batches where batches.id = given.id)`
  return rows.map(({ id }) => id)
}

async function readAll (store: Store, ids: string[]): Promise<Lost> {
  const lost: Lost = { undecided: [], decided: [], unreadable: [] }
  await atOnce(readsAtOnce, ids, async id => {
    try {
      const [manifest, decision] = await Promise.all([store.readManifest(id), store.readDecision(id)])
      // The manifest is a second name of a batch (docs/decisions/0022), whose own id is listed too; or it was deleted since the listing.
      if (manifest?.id !== id) return
      if (decision) lost.decided.push({ manifest, decision })
      else lost.undecided.push(manifest)
    } catch (error) {
      lost.unreadable.push(unreadable(id, error))
    }
  })
  return lost
}
