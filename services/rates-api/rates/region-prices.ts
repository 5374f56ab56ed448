import type { Sql } from 'postgres'
import { snapshotOf } from '../cache/snapshot.ts'
import { totalsOf, type LaneParameters, type LaneTotals, type TotalsRow } from './lane-totals.ts'
import { laneCondition, sideCodes } from './side-codes.ts'

/**
 * Returns the prices of all lanes between two sides, each a port or all ports of a region at any depth. `reference` has queries of the WITH clause
 * that replace `regions`, `ports` and `port_aliases`.
 */
export async function regionPrices (
  sql: Sql, parameters: LaneParameters, withSnapshot = true, reference: Fragment = sql``
): Promise<LaneTotals> {
  const { months } = parameters
  const isLane = laneCondition(sql)
  const rows = await sql<TotalsRow[]>`
    with recursive ${reference}${sideCodes(sql, parameters)}
    select
      case
        when orig_port.code is not null then 'port'
        when exists (select from orig_regions) then 'region'
      end as orig,
      case
        when dest_port.code is not null then 'port'
        when exists (select from dest_regions) then 'region'
      end as dest,
      orig_port.code as "origPort", dest_port.code as "destPort", ${snapshotOf(sql, withSnapshot)} as snapshot, lanes.*
    from orig_port cross join dest_port
    left join (
      -- Month by month, so that nothing is sorted or hashed. The 62 sums are six times as fast as unnest with ordinality
      -- and group by, which create a row for each lane and day (bench/average-prices.ts).
      ${monthSums(sql, months, sql`select orig_code, dest_code, month, counts, cents from merged_sums where kind = 0`, isLane)}
      union all
      ${monthSums(sql, months, sql`select orig_code, dest_code, month, counts, cents from wide_merged_sums where kind = 0`, isLane)}
      union all
      select month, null, null, string_agg(runs, ''), string_agg(days, ''), string_agg(cents, '')
      from unmerged_prices
      where kind = 0 and month = any (${months}::date[]) and ${isLane}
      group by month, orig_code, octet_length(cents) / octet_length(days)
    ) as lanes on true`
  return totalsOf(rows, months)
}

type Fragment = ReturnType<Sql>

/** Selects the sums of all lanes of each month. Sums of narrow integers are apart: a union with wide ones would convert each array. */
function monthSums (sql: Sql, months: string[], lanes: Fragment, isLane: Fragment): Fragment {
  return sql`
    select requested.month, counts, sums, null::bytea as runs, null::bytea as days, null::bytea as cents
    from unnest(${months}::date[]) as requested (month) cross join lateral (
      select ${sql.unsafe(sumsOf('counts'))} as counts, ${sql.unsafe(sumsOf('cents'))}::numeric[] as sums
      from (${lanes}) as lane where ${isLane} and month = requested.month
      having count(*) > 0
    ) as month_sums`
}

/** Returns `array[sum(counts[1]), …, sum(counts[31])]`. */
function sumsOf (column: 'counts' | 'cents'): string {
  return `array[${Array.from({ length: 31 }, (_, index) => `sum(${column}[${index + 1}])`).join(', ')}]`
}
