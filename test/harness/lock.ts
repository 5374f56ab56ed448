import type { Sql } from 'postgres'
import type { Test } from 'tap'
import type { TestDatabase } from './database.ts'
import { waitFor } from './wait.ts'

export type TableLock = {
  /** Resolves when a session waits for the lock. */
  awaited: () => Promise<void>
  release: () => Promise<void>
}

type Table = 'batch_lanes' | 'unmerged_prices' | 'merged_prices' | 'merged_sums' | 'wide_merged_sums'

/** Locks tables against all other sessions. The returned function releases the locks. */
export const holdTables = (sql: Sql, ...tables: Table[]): Promise<() => Promise<void>> => lockIn('access exclusive', sql, tables)

const lockIn = (mode: 'access exclusive' | 'share', sql: Sql, tables: Table[]): Promise<() => Promise<void>> =>
  holdLocks(sql, `lock table ${tables.join(', ')} in ${mode} mode`)

/** Runs a statement, and holds its locks. The returned function releases the locks. */
export async function holdLocks (sql: Sql, statement: string): Promise<() => Promise<void>> {
  const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const locking = sql.begin(async tx => {
    await tx.unsafe(statement)
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
export const lockReadModel = (t: Test, db: TestDatabase): Promise<TableLock> => lockTable(t, db, 'merged_sums')

async function lockTable (t: Test, { migrator }: TestDatabase, table: Table): Promise<TableLock> {
  const release = await holdTables(migrator, table)
  t.teardown(() => release().catch(() => {})) // a test that hangs loses the lock after a minute: only the failure of the test matters
  return {
    release,
    awaited: () => waitFor(async () => await waitingFor(migrator, table) > 0),
  }
}

/**
 * Runs `work` while the tables are locked against writing; reading does not wait. Calls `check` each time that `work` waits for one of them, and then
 * unlocks that table. Returns the tables in the order of the waits, and the result.
 */
export async function pauseAtWrites<T> (
  sql: Sql, tables: readonly Table[], work: () => Promise<T>, check: (table: Table) => Promise<unknown>
): Promise<{ pauses: Table[], result: T }> {
  const locks = new Map<Table, () => Promise<void>>()
  try {
    for (const table of tables) locks.set(table, await lockIn('share', sql, [table]))
    let isOver = false
    const working = work().finally(() => { isOver = true })
    working.catch(() => {})
    const pauses: Table[] = []
    for (;;) {
      let awaited: Table | undefined
      await waitFor(async () => {
        for (const table of locks.keys()) if (await waitingFor(sql, table) > 0) awaited = table
        return isOver || awaited !== undefined
      })
      if (awaited === undefined) return { pauses, result: await working }
      pauses.push(awaited)
      await check(awaited)
      await locks.get(awaited)!()
      locks.delete(awaited)
    }
  } finally {
    for (const release of locks.values()) await release()
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
