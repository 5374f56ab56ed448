import type { Sql } from 'postgres'
import type { Test } from 'tap'
import type { TestDatabase } from './database.ts'
import { waitFor } from './wait.ts'

export type TableLock = {
  /** Resolves when a session waits for the lock. */
  awaited: () => Promise<void>
  release: () => Promise<void>
}

/** A table that readers read, or one that only batches write. */
type Table = 'lane_months' | 'batch_lanes'

/** Locks tables. The returned function releases the locks. */
export async function holdTables (sql: Sql, ...tables: Table[]): Promise<() => Promise<void>> {
  const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const locking = sql.begin(async tx => {
    await tx.unsafe(`lock table ${tables.join(', ')} in access exclusive mode`)
    locked.resolve()
    await released.promise
  })
  locking.catch(locked.reject)
  await locked.promise
  return async () => {
    released.resolve()
    await locking
  }
}

/** Locks the lanes of batches, so that a batch stops after its COPY. The lock is released with the test at the latest. */
export const lockBatchLanes = (t: Test, db: TestDatabase): Promise<TableLock> => lockTable(t, db, 'batch_lanes')

/** Locks the read model, so that each query of prices waits. The lock is released with the test at the latest. */
export const lockReadModel = (t: Test, db: TestDatabase): Promise<TableLock> => lockTable(t, db, 'lane_months')

async function lockTable (t: Test, { migrator }: TestDatabase, table: Table): Promise<TableLock> {
  const release = await holdTables(migrator, table)
  t.teardown(() => release().catch(() => {})) // a test that hangs loses the lock after a minute: only the failure of the test matters
  return {
    release,
    awaited: () => waitFor(async () => await waitingFor(migrator, table) > 0),
  }
}

/**
 * Returns the number of sessions that wait for a table of this database. `pg_locks` covers the whole server, and databases of one template share
 * OIDs.
 */
export async function waitingFor (sql: Sql, table: Table): Promise<number> {
  const [row] = await sql`
    select count(*) from pg_locks
    where database = (select oid from pg_database where datname = current_database()) and relation = ${table}::text::regclass and not granted`
  return row!.count as number
}
