import type { Sql } from 'postgres'
import { totalsOf, type Asked, type LaneTotals, type TotalsRow } from './lane-totals.ts'
import { codesOf, portOf, portsIn } from './port-codes.ts'
import { snapshotOf } from '../cache/snapshot.ts'

/**
 * The prices of all lanes from a port or any port of a region, at any depth, to another. The prices of a port are those under its
 * own code and under each alias: batches that came before a code was an alias have it in their rows.
 */
export async function regionPrices (sql: Sql, { origCode, origSlug, destCode, destSlug, months }: Asked, withSnapshot = true): Promise<LaneTotals> {
  const rows = await sql<SumsRow[]>`
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
      ),
      orig_port (code) as (${portOf(sql, origCode)}),
      dest_port (code) as (${portOf(sql, destCode)}),
      orig_ports (code) as (select code from orig_port union all ${portsIn(sql, sql`orig_regions`)}),
      dest_ports (code) as (select code from dest_port union all ${portsIn(sql, sql`dest_regions`)})
    select
      case
        when orig_port.code is not null then 'port'
        when exists (select from orig_regions) then 'region'
      end as orig,
      case
        when dest_port.code is not null then 'port'
        when exists (select from dest_regions) then 'region'
      end as dest,
      orig_port.code as "origPort", dest_port.code as "destPort", requested.month, totals.counts, totals.cents, ${snapshotOf(sql, withSnapshot)} as snapshot
    from orig_port cross join dest_port cross join unnest(${months}::date[]) as requested (month)
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
      where orig_code = any (array(${codesOf(sql, sql`orig_ports`)}))
        and dest_code = any (array(${codesOf(sql, sql`dest_ports`)}))
        and month = requested.month
    ) as totals`
  return totalsOf(rows.map(row => ({ ...row, counts: row.counts && row.counts.map(count => count === null ? null : Number(count)) })))
}

/** Sums of \`int\` are \`bigint\`, which come as digits. No count of prices reaches 2^53. */
type SumsRow = Omit<TotalsRow, 'counts'> & { counts: Array<string | null> | null }

/** `array[sum(counts[1]), …, sum(counts[31])]` */
function sumsOf (column: 'counts' | 'cents'): string {
  return `array[${Array.from({ length: 31 }, (_, index) => `sum(${column}[${index + 1}])`).join(', ')}]`
}
