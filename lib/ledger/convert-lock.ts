import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'

/** An arbitrary number that differs from those of lib/migrations/migrate.ts and services/migrate/bootstrap.ts. */
export const convertLockKey = 7_340_003

/** Longest wait for a lock of another session, in ms. Then the transaction fails with 55P03, and the migrator tries again. */
const lockMs = 2_000

/** Runs `work` in a transaction that no other process converts beside. Returns undefined if one does. */
export async function convertAlone<T> (sql: Sql, work: (tx: Sql) => Promise<T>): Promise<T | undefined> {
  return await transaction(sql, async tx => {
    await tx.unsafe(`set local lock_timeout = ${lockMs}`)
    const [lock] = await tx<[{ taken: boolean }]>`select pg_try_advisory_xact_lock(${convertLockKey}) as taken`
    return lock.taken ? await work(tx) : undefined
  })
}
