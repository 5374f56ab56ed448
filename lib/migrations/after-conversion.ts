import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { convert } from '../ledger/convert.ts'
import { switchLedger } from '../ledger/switch.ts'
import { estimateUnconverted, isConverted } from '../ledger/unconverted.ts'
import { release } from '../process/release.ts'
import type { Migration } from './migrations.ts'
import { connectedBefore } from './refusals.ts'

/** Delay between two attempts while another process converts, in ms. */
const pollMs = 1_000
/** Shortest time between two calls of `onProgress`, in ms. */
const progressMs = 10_000

/**
 * Switches to the ledger by lane and month and converts all prices, for a migration that drops the tables of before. Throws if something is left
 * and an older release is connected: its workers convert in the background. Data that skips a release has no such workers.
 *
 * @param onProgress called before the conversion and during it, with about how many prices are left
 */
export async function convertFirst (sql: Sql, { name }: Pick<Migration, 'name'>, onProgress: (left: number) => void): Promise<void> {
  await switchLedger(sql)
  if (await isConverted(sql)) return
  const older = await connectedBefore(sql, release)
  if (older.length > 0) {
    throw new Error(`Migration ${name} needs every price in the ledger by lane and month. About ${await estimateUnconverted(sql)} prices are ` +
      `not converted yet, and ${older.join(', ')} is connected: the workers of that release convert in the background ` +
      '(`npm run ops -- ledger status`). Run the migrator again when nothing is left')
  }
  let reportedAt = -Infinity
  const report = async (): Promise<void> => {
    if (performance.now() - reportedAt < progressMs) return
    reportedAt = performance.now()
    onProgress(await estimateUnconverted(sql))
  }
  while (!await isConverted(sql)) {
    await report()
    if (!await convert({ sql, before: report })) await wait(pollMs)
  }
}
