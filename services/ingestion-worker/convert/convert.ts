import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { convert } from '../../../lib/ledger/convert.ts'
import { isSwitched } from '../../../lib/ledger/switch.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { closeReadOnlyConnections } from '../../../lib/postgres/database.ts'
import type { Log } from '../../../lib/process/log.ts'
import { untilCapacity } from './capacity.ts'

export type Converter = {
  sql: Sql
  log: Log
  metrics: Metrics
  /** Pause between two looks for prices that are left, in milliseconds. */
  convertEveryMs?: number
}

/**
 * Moves the prices of before the ledger by lane and month to the ledger, until `stopping` is aborted. Every worker tries, and one at a time
 * converts. Once all are moved, a look costs one short statement.
 */
export async function convertUntil ({ convertEveryMs = 60_000, ...converter }: Converter, stopping: AbortSignal): Promise<void> {
  const { sql, log } = converter
  while (!stopping.aborted) {
    await convertRest(converter, stopping).catch((error: unknown) => {
      if (stopping.aborted) return
      log.warn({ err: error }, 'conversion failed: the next round continues')
      closeReadOnlyConnections(sql, error)
    })
    await wait(convertEveryMs * (0.75 + Math.random() / 2), undefined, { signal: stopping }).catch(() => {})
  }
}

async function convertRest ({ sql, log, metrics }: Converter, stopping: AbortSignal): Promise<void> {
  if (!await isSwitched(sql)) return
  let moved = 0
  let lastMs = 0
  const isDone = await convert({
    sql,
    before: () => untilCapacity(sql, lastMs, stopping),
    onMoved (prices, durationMs) {
      moved += prices
      lastMs = durationMs
    },
    onKept (laneDays) {
      metrics.count('freight_ledger_kept_sums_total', {}, laneDays)
      log.warn({ laneDays }, 'sums of lane_months without prices are kept in wide_merged_sums')
    },
  })
  if (moved > 0) log.info({ prices: moved, isDone }, 'prices converted to the ledger by lane and month')
}
