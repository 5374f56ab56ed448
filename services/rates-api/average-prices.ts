import type { Sql } from 'postgres'
import { monthsOf } from './days.ts'

/** From one port or region to another, in any case, and the days between which months count whole. */
export type LaneQuery = { orig_code: string, dest_code: string, date_from: string, date_to: string }

/** What each code stands for; null where nothing has it. */
export type Sides = { orig: 'port' | 'region' | null, dest: 'port' | 'region' | null }

export type MonthTotals = {
  month: string
  /** Prices on each day, element 0 being the first of the month; null where no lane has a price in that month. */
  counts: Array<number | null>
  /** Their sum in cents, as whole numbers in decimal digits, since a sum over many lanes may be longer than a double holds. */
  cents: Array<string | null>
}

export type LaneTotals = Sides & { months: MonthTotals[] }

/**
 * Adds up the prices of each day of the months over all lanes from one port or region to another, in one statement: it
 * resolves both sides, says what they are, and gives one row for each month, whether there are prices or not.
 */
export async function averagePrices (sql: Sql, query: LaneQuery): Promise<LaneTotals> {
  const [origCode, destCode] = [query.orig_code.toUpperCase(), query.dest_code.toUpperCase()]
  const [origSlug, destSlug] = [query.orig_code.toLowerCase(), query.dest_code.toLowerCase()]
  const rows = await sql<Array<Sides & MonthTotals>>`
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
      asked.month, totals.counts, totals.cents
    from unnest(${monthsOf(query.date_from, query.date_to)}::date[]) as asked (month)
    -- For each month by itself, which needs neither sort nor hash; the 31 sums of each array beat unnest with
    -- ordinality and group by six times over, since no row is made for each lane and day (bench/average-prices.ts).
    cross join lateral (
      select ${sumOfEachDay(sql, 'counts')} as counts, ${sumOfEachDay(sql, 'cents')} as cents
      from lane_months
      -- Arrays made once, before the scan, let the primary key's index find each lane; joins would read all of them.
      where orig_code = any (array(
          select code from ports where code = ${origCode}
          union all
          select code from ports where parent_slug = any (array(select slug from orig_regions))))
        and dest_code = any (array(
          select code from ports where code = ${destCode}
          union all
          select code from ports where parent_slug = any (array(select slug from dest_regions))))
        and month = asked.month
    ) as totals`
  const { orig, dest } = rows[0]!
  return { orig, dest, months: rows }
}

/** `array[sum(counts[1]), …, sum(counts[31])]` */
function sumOfEachDay (sql: Sql, column: 'counts' | 'cents') {
  return sql.unsafe(`array[${Array.from({ length: 31 }, (_, index) => `sum(${column}[${index + 1}])`).join(', ')}]`)
}
