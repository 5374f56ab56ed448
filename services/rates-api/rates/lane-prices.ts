import type { Sql } from 'postgres'
import { totalsOf, type LaneParameters, type LaneTotals, type TotalsRow } from './lane-totals.ts'
import { snapshotOf } from '../cache/snapshot.ts'

/**
 * Returns the prices from one port to another: the unchanged rows of the read model, which costs half as much as regionPrices over
 * the same lane (bench/average-prices.ts). Returns null if a month may have more than one row: a side is a region, a port has
 * aliases, or the lane has full rows. Two lookups in small indexes determine this. Joining all rows of every lane would cost a third
 * more (docs/decisions/0026-port-aliases.md), and a second arm of a union about as much as the statement itself.
 */
export async function lanePrices (
  sql: Sql, { origCode, origSlug, destCode, destSlug, months }: LaneParameters, withSnapshot = true
): Promise<LaneTotals | null> {
  const rows = await sql<Array<Omit<TotalsRow, 'origPort' | 'destPort'> & { hasMore: boolean }>>`
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
      ) or exists (
        select from full_lane_months where orig_code = ${origCode} and dest_code = ${destCode}
      ) as "hasMore",
      requested.month, counts, cents, ${snapshotOf(sql, withSnapshot)} as snapshot
    from unnest(${months}::date[]) as requested (month)
    left join lane_months on orig_code = ${origCode} and dest_code = ${destCode} and lane_months.month = requested.month`
  const needsOtherStatement = rows.some(({ orig, dest, hasMore }) => hasMore || orig === 'region' || dest === 'region')
  return needsOtherStatement ? null : totalsOf(rows.map(row => ({ ...row, origPort: row.orig && origCode, destPort: row.dest && destCode })))
}
