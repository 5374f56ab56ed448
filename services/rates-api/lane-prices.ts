import type { Sql } from 'postgres'
import { totalsOf, type Asked, type LaneTotals, type TotalsRow } from './average-prices.ts'
import { snapshotOf } from './snapshot.ts'

/**
 * The prices from one port to another: the rows of the read model as they are, which costs half as much as the sums of
 * regionPrices over that one lane (bench/average-prices.ts). Says of a side that is a region that it is one, and no more.
 */
export async function lanePrices (sql: Sql, { origCode, origSlug, destCode, destSlug, months }: Asked): Promise<LaneTotals> {
  return totalsOf(await sql<TotalsRow[]>`
    select
      case
        when exists (select from ports where code = ${origCode}) then 'port'
        when exists (select from regions where slug = ${origSlug}) then 'region'
      end as orig,
      case
        when exists (select from ports where code = ${destCode}) then 'port'
        when exists (select from regions where slug = ${destSlug}) then 'region'
      end as dest,
      asked.month, counts, cents, ${snapshotOf(sql)} as snapshot
    from unnest(${months}::date[]) as asked (month)
    left join lane_months on orig_code = ${origCode} and dest_code = ${destCode} and lane_months.month = asked.month
    -- In place of a join with both tables, which costs three times as much: this is one look at an empty index.
    union all
    select null, null, month, counts, cents, null
    from full_lane_months
    where orig_code = ${origCode} and dest_code = ${destCode} and month = any (${months}::date[])`)
}
