import type { Sql } from 'postgres'
import type { Test } from 'tap'
import type { TestDatabase } from './database.ts'
import { waitFor } from './wait.ts'

export type TableLock = {
  /** Resolves when somebody waits for it. */
  awaited: () => Promise<void>
  release: () => Promise<void>
}

/** Holds the read model, so that a batch gets as far as its COPY and no further; let go with the test at the latest. */
export async function lockReadModel (t: Test, { migrator }: TestDatabase): Promise<TableLock> {
  const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const locking = migrator.begin(async tx => {
    await tx`lock table lane_months in access exclusive mode`
    locked.resolve()
    await released.promise
  })
  locking.catch(locked.reject)
  await locked.promise
  async function release (): Promise<void> {
    released.resolve()
    await locking
  }
  t.teardown(() => release().catch(() => {})) // a test that hangs loses the lock after a minute: its own failure is what counts
  return {
    release,
    awaited: () => waitFor(async () => await waitingForReadModel(migrator) > 0),
  }
}

/** How many sessions wait for the read model of this database. `pg_locks` is the server's, and databases of one template share OIDs. */
export async function waitingForReadModel (sql: Sql): Promise<number> {
  const [row] = await sql`
    select count(*) from pg_locks
    where database = (select oid from pg_database where datname = current_database()) and relation = 'lane_months'::regclass and not granted`
  return row!.count as number
}
