import type { Sql } from 'postgres'
import { snapshotOf } from '../cache/snapshot.ts'
import { laneRows } from './lane-rows.ts'
import { totalsOf, type LaneParameters, type LaneTotals, type TotalsRow } from './lane-totals.ts'

/**
 * Returns the prices from one port to another, which costs half as much as regionPrices over the same lane (bench/average-prices.ts).
 * Returns null if the lane may have several codes: a side is a region or a port with aliases. Two lookups in small indexes determine this.
 */
export async function lanePrices (
  sql: Sql, { origCode, origSlug, destCode, destSlug, months }: LaneParameters, withSnapshot = true
): Promise<LaneTotals | null> {
  const rows = await sql<Array<TotalsRow & { hasAliases: boolean }>>`
    select
      case
        when exists (select from ports where code = ${origCode}) then 'port'
        when exists (select from regions where slug = ${origSlug}) then 'region'
      end as orig,
      case
        when exists (select from ports where code = ${destCode}) then 'port'
        when exists (select from regions where slug = ${destSlug}) then 'region'
      end as dest,
      exists (
        select from port_aliases where code in (${origCode}, ${destCode}) or port_code in (${origCode}, ${destCode})
      ) as "hasAliases",
      ${snapshotOf(sql, withSnapshot)} as snapshot, lane.*
    from (select) as query
    left join (${laneRows(sql, sql`orig_code = ${origCode} and dest_code = ${destCode}`, months)}) as lane on true`
  const { orig, dest, hasAliases } = rows[0]!
  if (hasAliases || orig === 'region' || dest === 'region') return null
  return { ...totalsOf(rows, months), origPort: orig && origCode, destPort: dest && destCode }
}
