import type { Sql } from 'postgres'
import type { Test } from 'tap'
import type { TestDatabase } from './database.ts'
import { waitFor } from './wait.ts'

export type TableLock = {
  /** Resolves when a session waits for the lock. */
  awaited: () => Promise<void>
  release: () => Promise<void>
}

/** Locks the read model. The returned function releases the lock. */
export async function holdReadModel (sql: Sql): Promise<() => Promise<void>> {
  const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const locking = sql.begin(async tx => {
    await tx`lock table lane_months in access exclusive mode`
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

/** Locks the read model, so that a batch stops after its COPY. The lock is released with the test at the latest. */
export async function lockReadModel (t: Test, { migrator }: TestDatabase): Promise<TableLock> {
  const release = await holdReadModel(migrator)
  t.teardown(() => release().catch(() => {})) // a test that hangs loses the lock after a minute: only the failure of the test matters
  return {
    release,
    awaited: () => waitFor(async () => await waitingForReadModel(migrator) > 0),
  }
}

/**
 * Returns the number of sessions that wait for the read model of this database. `pg_locks` covers the whole server, and databases of one template
 * share OIDs.
 */
export async function waitingForReadModel (sql: Sql): Promise<number> {
  const [row] = await sql`
    select count(*) from pg_locks
    where database = (select oid from pg_database where datname = current_database()) and relation = 'lane_months'::regclass and not granted`
  return row!.count as number
}
