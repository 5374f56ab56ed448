import type { Sql } from 'postgres'
import { snapshotOf } from '../cache/snapshot.ts'
import { laneRows } from './lane-rows.ts'
import { totalsOf, type LaneParameters, type LaneTotals, type TotalsRow } from './lane-totals.ts'
import { codesOf, portOf } from './port-codes.ts'

/**
 * Returns the prices from one port to another, under every code of both: the lanePrices for ports with aliases. Returns null if a
 * side is a region. Costs three quarters of regionPrices over the same lane.
 */
export async function aliasPrices (
  sql: Sql, { origCode, origSlug, destCode, destSlug, months }: LaneParameters, withSnapshot = true
): Promise<LaneTotals | null> {
  // Arrays are evaluated once, and let an index find the rows of each code.
  const isLane: ReturnType<Sql> = sql`orig_code = any ((select codes from orig_codes)::text[]) and dest_code = any ((select codes from dest_codes)::text[])`
  const rows = await sql<TotalsRow[]>`
    with
      orig_port (code) as (${portOf(sql, origCode)}),
      dest_port (code) as (${portOf(sql, destCode)}),
      orig_codes (codes) as (select array(${codesOf(sql, sql`orig_port`)})),
      dest_codes (codes) as (select array(${codesOf(sql, sql`dest_port`)}))
    select
      case
        when orig_port.code is not null then 'port'
        when exists (select from regions where slug = ${origSlug}) then 'region'
      end as orig,
      case
        when dest_port.code is not null then 'port'
        when exists (select from regions where slug = ${destSlug}) then 'region'
      end as dest,
      orig_port.code as "origPort", dest_port.code as "destPort", ${snapshotOf(sql, withSnapshot)} as snapshot, lane.*
    from orig_port cross join dest_port
    left join (${laneRows(sql, isLane, months)}) as lane on true`
  const { orig, dest } = rows[0]!
  return orig === 'region' || dest === 'region' ? null : totalsOf(rows, months)
}
