import { setTimeout as wait } from 'node:timers/promises'
import { onlineLimitMs } from './online.ts'

/**
 * Maximum wait for a table lock, in ms. Readers and batches queue behind a migration that waits for a lock. So the migration waits
 * briefly, rolls back, and retries until the blocking transaction has finished. The limit is below PostgreSQL's deadlock_timeout of 1 s:
 * in a deadlock with a batch that locks the same tables in another order, the migration gives way.
 */
export const tableLockMs = 500
const maxTries = 600

/** Delay between two attempts to take the migrators' lock, in ms. */
const pollMs = 100

/** Thrown when another migrator has the lock. */
export class MigrationLockedError extends Error {
  constructor () {
    super('Another migrator holds the lock, or its session is still building an index')
  }
}

/**
 * Retries `work` while another migrator has the lock, and after a table lock timed out. Each attempt is a transaction of its own:
 * an index that is built without a transaction waits for older transactions, so a waiting migrator in a transaction would block it.
 */
export async function retryUntilUnlocked<T> (work: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + onlineLimitMs
  for (let tries = 0; ;) {
    try {
      return await work()
    } catch (error) {
      if (error instanceof MigrationLockedError && performance.now() < endsAt) {
        await wait(pollMs * (0.5 + Math.random()))
        continue
      }
      const isLockConflict = ['55P03', '40P01'].includes((error as { code?: string }).code ?? '')
      if (!isLockConflict || ++tries === maxTries) throw error
      await wait(tableLockMs * (0.5 + Math.random()))
    }
  }
}
