import type { Sql } from 'postgres'
import type { Withdrawal } from './batch.ts'
import type { Store } from './store/store.ts'
import { createWithdrawal } from './withdrawal.ts'

/**
 * Writes the manifests of withdrawals of all batches that the target of a withdrawal has replaced. They have no message and change nothing.
 * Without them these batches would count in a database that is restored to a time before the replacement, which is never applied again.
 */
export async function withdrawReplaced (sql: Sql, store: Store, { target, provider, actor }: Withdrawal): Promise<void> {
  const replaced = await sql<Array<{ id: string }>>`select id from batches where replaced_by = ${target}`
  for (const { id } of replaced) await store.createManifest(createWithdrawal({ provider, id }, actor))
}
