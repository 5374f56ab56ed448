import type { Sql } from 'postgres'

type Fragment = ReturnType<Sql>

/**
 * Selects the rows of lanes in the given months: sums of merged prices, and unmerged prices as they are. A lane's month has few rows while
 * merging keeps up (`MERGE_MIN_ROWS`). `isLane` is a condition on `orig_code` and `dest_code`.
 */
export function laneRows (sql: Sql, isLane: Fragment, months: string[]): Fragment {
  return sql`
    select month, counts::int[], cents::bigint[] as sums, null::bytea as runs, null::bytea as days, null::bytea as cents
    from merged_sums where kind = 0 and month = any (${months}::date[]) and ${isLane}
    union all
    select month, counts, cents, null, null, null from wide_merged_sums where kind = 0 and month = any (${months}::date[]) and ${isLane}
    union all
    select month, null, null, runs, days, cents from unmerged_prices where kind = 0 and month = any (${months}::date[]) and ${isLane}`
}
