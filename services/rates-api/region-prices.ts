import type { Sql } from 'postgres'
import { totalsOf, type Asked, type LaneTotals, type TotalsRow } from './average-prices.ts'
import { snapshotOf } from './snapshot.ts'

/** The prices of all lanes from a port or any port of a region, at any depth, to another. */
export async function regionPrices (sql: Sql, { origCode, origSlug, destCode, destSlug, months }: Asked): Promise<LaneTotals> {
  return totalsOf(await sql<TotalsRow[]>`
    with recursive
      -- union, not union all: a region that is met again adds nothing, so that even a tree with a cycle comes to an end.
      orig_regions (slug) as (
        select slug from regions where slug = ${origSlug}
        union
        select child.slug from orig_regions as parent join regions as child on child.parent_slug = parent.slug
      ),
      dest_regions (slug) as (
        select slug from regions where slug = ${destSlug}
        union
        select child.slug from dest_regions as parent join regions as child on child.parent_slug = parent.slug
      )
    select
      case
        when exists (select from ports where code = ${origCode}) then 'port'
        when exists (select from orig_regions) then 'region'
      end as orig,
      case
        when exists (select from ports where code = ${destCode}) then 'port'
        when exists (select from dest_regions) then 'region'
      end as dest,
      asked.month, totals.counts, totals.cents, ${snapshotOf(sql)} as snapshot
    from unnest(${months}::date[]) as asked (month)
    -- Month by month, so that nothing is sorted or hashed. Its 62 sums are six times as fast as unnest with ordinality
    -- and group by, which make a row of each lane and day (bench/average-prices.ts).
    cross join lateral (
      select ${sql.unsafe(sumsOf('counts'))} as counts, ${sql.unsafe(sumsOf('cents'))} as cents
      from (
        select orig_code, dest_code, month, counts, cents from lane_months
        union all
        select orig_code, dest_code, month, counts, cents from full_lane_months
      ) as lane
      -- Arrays, made once before the scan, let the primary key's index find each lane; a join would read every row.
      where orig_code = any (array(
          select code from ports where code = ${origCode}
          union all
          select code from ports where parent_slug = any (array(select slug from orig_regions))))
        and dest_code = any (array(
          select code from ports where code = ${destCode}
          union all
          select code from ports where parent_slug = any (array(select slug from dest_regions))))
        and month = asked.month
    ) as totals`)
}

/** `array[sum(counts[1]), …, sum(counts[31])]` */
function sumsOf (column: 'counts' | 'cents'): string {
  return `array[${Array.from({ length: 31 }, (_, index) => `sum(${column}[${index + 1}])`).join(', ')}]`
}
