import type { Sql } from 'postgres'
import type { Actor } from './actor.ts'
import type { AnyManifest } from './batch.ts'
import type { Store } from './store/store.ts'
import { createWithdrawal } from './withdrawal.ts'

/**
 * Writes the manifests of withdrawals of all batches that a batch has replaced. They have no message and change nothing. With them, these batches do
 * not count in a database that is restored to a time before the replacement, even if the replacement is never applied again, or in another order.
 */
export async function withdrawReplaced (sql: Sql, store: Store, { id, provider }: Pick<AnyManifest, 'id' | 'provider'>, actor: Actor): Promise<void> {
  const replaced = await sql<Array<{ id: string }>>`select id from batches where replaced_by = ${id}`
  for (const batch of replaced) await store.createManifest(createWithdrawal({ provider, id: batch.id }, actor))
}
