import type { Sql } from 'postgres'
import { isSwitched } from '../../../lib/ledger/switch.ts'
import { estimateUnconverted } from '../../../lib/ledger/unconverted.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'

/** Longest wait for the estimate, in milliseconds. */
const limitMs = 5_000

/**
 * Returns a function that publishes how many prices are left to convert, and for how long that number has not changed since the switch. Every
 * worker publishes the same numbers, whichever converts. They are absent while the database is unavailable.
 */
export function watchUnconverted ({ sql, metrics }: { sql: Sql, metrics: Metrics }, now = Date.now): () => Promise<void> {
  let last = 0
  let changedAt = now()
  return async () => {
    const found = await withDeadline(Promise.all([estimateUnconverted(sql), isSwitched(sql)]), limitMs).catch(() => undefined)
    const [prices, switched] = found ?? []
    if (prices !== last || prices === 0 || !switched) changedAt = now()
    if (prices !== undefined) last = prices
    metrics.set('freight_ledger_unconverted_prices', {}, prices)
    metrics.set('freight_ledger_conversion_stalled_seconds', {}, found && (now() - changedAt) / 1_000)
  }
}
