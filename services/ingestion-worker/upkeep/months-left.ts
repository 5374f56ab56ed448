import type { Sql } from 'postgres'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'

/** Longest wait for the count, in milliseconds. */
const limitMs = 5_000

/**
 * Publishes how many months after the current one (UTC) have a partition of `prices`. The migrator makes them in ascending order, so the
 * count is the number of months until days are refused. Every worker publishes the same number. Absent while the database is unavailable.
 */
export async function publishMonthsLeft ({ sql, metrics }: { sql: Sql, metrics: Metrics }): Promise<void> {
  metrics.set('freight_partition_months_left', {}, await withDeadline(countMonthsLeft(sql), limitMs).catch(() => undefined))
}

async function countMonthsLeft (sql: Sql): Promise<number> {
  const [{ left }] = await sql<[{ left: number }]>`select count(*)::int as left from price_months where month > (now() at time zone 'utc')::date`
  return left
}
