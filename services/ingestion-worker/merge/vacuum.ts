import { setTimeout as wait } from 'node:timers/promises'
import { mergingTables, vacuumDue } from '../../../lib/ledger/merge/vacuum.ts'
import type { Merger } from './merge.ts'

/** Pause after a VACUUM, in milliseconds, and as many times the duration of the VACUUM. The statistics are a second old. */
const [pauseMs, pauseFactor] = [1_000, 10]

/**
 * Vacuums the tables in which merging has deleted rows, until `stopping` is aborted. Merging deletes faster than autovacuum looks, and new rows
 * reuse the space. Does not wait for the VACUUM in progress when it stops.
 */
export async function vacuumUntil ({ sql, breaker, log, metrics, minRows, idleSeconds }: Omit<Merger, 'isBusy'>, stopping: AbortSignal): Promise<void> {
  if (minRows === 0) return
  const look = async (): Promise<number> => {
    const tables = await mergingTables(sql)
    metrics.set('freight_ledger_unmerged_rows', {}, tables.find(({ name }) => name === 'unmerged_prices')?.live)
    return await vacuumDue(sql, tables)
  }
  const stopped = new Promise<void>(resolve => stopping.addEventListener('abort', () => resolve(), { once: true }))
  for (;;) {
    await Promise.race([breaker.untilClosed(), stopped])
    if (stopping.aborted) return
    const began = performance.now()
    const vacuumed = await Promise.race([look(), stopped]).catch((error: unknown) => {
      metrics.set('freight_ledger_unmerged_rows', {}, undefined)
      log.warn({ err: error }, 'VACUUM failed: it is retried')
    })
    await wait(vacuumed ? pauseMs + pauseFactor * (performance.now() - began) : idleSeconds * 1_000, undefined, { signal: stopping }).catch(() => {})
  }
}
