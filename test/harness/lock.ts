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
  const ended = migrator.begin(async tx => {
    await tx`lock table lane_months in access exclusive mode`
    locked.resolve()
    await released.promise
  })
  ended.catch(locked.reject)
  await locked.promise
  async function release (): Promise<void> {
    released.resolve()
    await ended
  }
  t.teardown(() => release().catch(() => {})) // a test that hangs loses the lock after a minute: its own failure is what counts
  return {
    release,
    awaited: () => waitFor(async () => (await migrator`
      select 1 from pg_locks where relation = 'lane_months'::regclass and not granted`).length > 0),
  }
}
