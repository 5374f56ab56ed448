import type { Sql } from 'postgres'
import type { State } from './batch.ts'

/** Facts about the prices of a batch, from its rows. */
export type AppliedBatch = {
  number: number
  state: State
  /** Position of the commit that applied the batch; null if it was never applied. */
  position: number | null
  /** Position of the commit that took the batch back; null if its prices count. */
  takenBackAt: number | null
  /** Number of prices. */
  prices: number | null
  /** The prices were removed for ever, with a purge or some time after a withdrawal. */
  areRemoved: boolean
  /** The prices, the file and everything that was computed from it was removed. */
  isPurged: boolean
}

/** Returns null if the database has no row of the batch. */
export async function readApplied (sql: Sql, id: string): Promise<AppliedBatch | null> {
  const [row] = await sql<AppliedBatch[]>`
    select number, state, applied.position, withdrawn.position as "takenBackAt", applied.row_count as prices,
      purged_at is not null or removed_at is not null as "areRemoved", purged_at is not null as "isPurged"
    from batches left join applied_batches as applied on batch_id = id left join withdrawn_batches as withdrawn on batch_number = number
    where id = ${id}`
  return row ?? null
}
