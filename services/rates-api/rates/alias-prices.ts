import type { Sql } from 'postgres'
import { totalsOf, type LaneParameters, type LaneTotals, type TotalsRow } from './lane-totals.ts'
import { codesOf, portOf } from './port-codes.ts'
import { snapshotOf } from '../cache/snapshot.ts'

/**
 * Returns the prices from one port to another, under every code of both: the lanePrices for ports with aliases. Returns null if a
 * side is a region. Costs three quarters of regionPrices over the same lane.
 */
export async function aliasPrices (
  sql: Sql, { origCode, origSlug, destCode, destSlug, months }: LaneParameters, withSnapshot = true
): Promise<LaneTotals | null> {
  // Arrays are evaluated once, and let the primary key's index find the row of each code.
  const isLane = sql`orig_code = any (array(${codesOf(sql, sql`orig_port`)})) and dest_code = any (array(${codesOf(sql, sql`dest_port`)}))`
  const rows = await sql<TotalsRow[]>`
    with
      orig_port (code) as (${portOf(sql, origCode)}),
      dest_port (code) as (${portOf(sql, destCode)})
    select
      case
        when orig_port.code is not null then 'port'
        when exists (select from regions where slug = ${origSlug}) then 'region'
      end as orig,
      case
        when dest_port.code is not null then 'port'
        when exists (select from regions where slug = ${destSlug}) then 'region'
      end as dest,
      orig_port.code as "origPort", dest_port.code as "destPort", requested.month, counts, cents, ${snapshotOf(sql, withSnapshot)} as snapshot
    from orig_port cross join dest_port cross join unnest(${months}::date[]) as requested (month)
    left join lane_months on ${isLane} and lane_months.month = requested.month
    union all
    select null, null, null, null, month, counts, cents, null
    from full_lane_months
    where ${isLane} and month = any (${months}::date[])`
  const { orig, dest } = rows.find(row => row.snapshot !== null)!
  return orig === 'region' || dest === 'region' ? null : totalsOf(rows)
}
