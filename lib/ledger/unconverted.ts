import type { Sql } from 'postgres'

/**
 * Returns about how many rows `prices` has, from the statistics of the server, which costs no scan. It is at least 1 for each month whose table has
 * pages: the statistics are empty after a crash of the server.
 */
export async function estimateUnconverted (sql: Sql): Promise<number> {
  const [row] = await sql<[{ prices: number }]>`
    select coalesce(sum(greatest(pg_stat_get_live_tuples(partition), 1)), 0)::bigint as prices
    from (select to_regclass('prices_' || to_char(month, 'YYYY_MM')) as partition from price_months) as partitions
    where pg_relation_size(partition) > 0`
  return row.prices
}

/** Returns true if nothing is left of the tables of before the ledger by lane and month. */
export async function isConverted (sql: Sql): Promise<boolean> {
  const [row] = await sql<[{ left: boolean }]>`
    select exists (select from prices) or exists (select from lane_months) or exists (select from full_lane_months) as left`
  return !row.left
}
