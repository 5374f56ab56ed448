import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'
import type { Manifest } from './batch.ts'
import { followDecision } from './follow-decision.ts'
import { recordAccepted } from './records.ts'
import type { Store } from './store/store.ts'

/**
 * Inserts the row of an accepted batch, unless it exists, in the state that the store has decided. A restored database may have lost the row of a
 * batch that was rejected or discarded.
 */
export async function recordDecided (sql: Sql, store: Store, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  const decision = await store.readDecision(manifest.id, signal)
  await recordAccepted(sql, manifest)
  if (decision) await transaction(sql, tx => followDecision(tx, decision))
}
