import { setTimeout as wait } from 'node:timers/promises'
import { onlineLimitMs } from './online.ts'

/**
 * Readers and batches queue behind a migration that waits for a lock: so it waits but shortly, lets go of everything and comes
 * again, until the batch or reader that had it in its way is done. Less than PostgreSQL's deadlock_timeout of a second, so that a
 * batch that wants the same tables in another order is not the one to be ended.
 */
export const tableLockMs = 500
const maxTries = 600

/** Between two tries to take the migrators' lock, in milliseconds. */
const pollMs = 100

/** Another migrator has the lock. */
export class MigrationLockedError extends Error {
  constructor () {
    super('Another migrator holds the lock, or its session is still building an index')
  }
}

/**
 * Tries again while another migrator has the lock, and where a lock on a table was not to be had. Each try is a transaction of its
 * own: an index that is built without a transaction waits for older ones, so a migrator that waited in one would wait for itself.
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
