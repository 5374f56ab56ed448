import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { convert } from '../ledger/convert.ts'
import { switchLedger } from '../ledger/switch.ts'
import { estimateUnconverted, isConverted } from '../ledger/unconverted.ts'
import { release } from '../process/release.ts'
import type { Migration } from './migrations.ts'
import { connectedBefore } from './refusals.ts'
import { retryUntilUnlocked } from './retries.ts'

/** Delay between two attempts while another migrator converts, in ms. */
const pollMs = 1_000
/** Shortest time between two calls of `onProgress`, in ms. */
const progressMs = 10_000

export type ConversionProgress = {
  /** Called before the conversion and during it, with about how many prices are left. */
  onProgress: (left: number) => void
  /** Called with the number of lane-days, if `lane_months` had sums without prices. */
  onKept: (laneDays: number) => void
}

/**
 * Switches to the ledger by lane and month and converts all prices, for a migration that needs that. Throws if the switch is still to be done while
 * a release before 0.2.0 is connected. Throws if prices are left while an older release is connected: the workers of release 0.2.0 convert them in
 * the background. Data that skips release 0.2.0 has no such workers.
 */
export async function convertFirst (sql: Sql, { name }: Pick<Migration, 'name'>, { onProgress, onKept }: ConversionProgress): Promise<void> {
  await switchLedger(sql).catch(async (error: { code?: string }) => {
    if (error.code !== '55006') throw error
    const before = await connectedBefore(sql, '0.2.0')
    throw new Error(`Migration ${name} ends writing to the tables of release 0.1.0, and ${before.join(', ')} is connected: deploy release 0.2.0 first, ` +
      'or stop the processes of the older release', { cause: error })
  })
  if (await isConverted(sql)) return
  const older = await connectedBefore(sql, release)
  if (older.length > 0) {
    throw new Error(`Migration ${name} needs every price in the ledger by lane and month. About ${await estimateUnconverted(sql)} prices are ` +
      `not converted yet, and ${older.join(', ')} is connected: the workers of release 0.2.0 convert in the background ` +
      '(its `npm run ops -- ledger status`). Run the migrator again when nothing is left, or stop the processes of the older release')
  }
  let reportedAt = -Infinity
  const report = async (): Promise<void> => {
    if (performance.now() - reportedAt < progressMs) return
    reportedAt = performance.now()
    onProgress(await estimateUnconverted(sql))
  }
  while (!await isConverted(sql)) {
    await report()
    if (!await retryUntilUnlocked(() => convert({ sql, before: report, onKept }))) await wait(pollMs)
  }
}
