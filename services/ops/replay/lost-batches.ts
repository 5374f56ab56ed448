import type { Sql } from 'postgres'
import type { Manifest } from '../../../lib/batch/batch.ts'
import type { Decision } from '../../../lib/batch/store/decision.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { atOnce } from './at-once.ts'
import { unreadable, type Unreadable } from './unreadable.ts'

/** A page of manifests whose batches have no row. */
export type Lost = {
  /** Of these the store has no decision: they are to be applied. */
  undecided: Manifest[]
  decided: Array<{ manifest: Manifest, decision: Decision }>
  unreadable: Unreadable[]
}

const readsAtOnce = 16

/**
 * The batches that the bucket has and the database has not, of those accepted at `since` or later by the store's clock. It compares a page
 * of the listing at a time, 1,000 at most, and keeps none. Throws what the store or the database throws.
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
      // A second name of a batch (docs/decisions/0022): its own id is listed too. Or it was deleted since it was listed.
      if (manifest?.id !== id) return
      if (decision) lost.decided.push({ manifest, decision })
      else lost.undecided.push(manifest)
    } catch (error) {
      lost.unreadable.push(unreadable(id, error))
    }
  })
  return lost
}
