import type { Sql } from 'postgres'

/** Returns a digest of the number and sum of the prices of each lane and day, from the sums and prices that readers add in one statement. */
export async function readLaneDays (sql: Sql): Promise<unknown> {
  return await sql`
    select count(*), md5(string_agg(lane_day::text, ',' order by lane_day::text)) from (
      select orig_code, dest_code, day, sum(count)::numeric(30), sum(cents)::numeric(30) from (
        select orig_code, dest_code, month + place::int - 1 as day, of_day.number as count, of_day.sum as cents
        from (
          select orig_code, dest_code, month, counts, cents from lane_months
          union all
          select orig_code, dest_code, month, counts, cents from full_lane_months
          union all
          select orig_code, dest_code, month, counts::int[], cents::bigint[] from merged_sums
          union all
          select orig_code, dest_code, month, counts, cents from wide_merged_sums
        ) as sums, unnest(counts, cents) with ordinality as of_day (number, sum, place)
        union all
        select orig_code, dest_code, price.day, 1, price * 100
        from unmerged_prices, ledger_prices(month, runs, days, cents) as price
      ) as part group by 1, 2, 3 having sum(count) <> 0 or sum(cents) <> 0
    ) as lane_day`
}

/** Returns a digest of all prices with their batches. */
export async function readPrices (sql: Sql): Promise<unknown> {
  return await sql`
    select count(*), md5(string_agg(price::text, ',' order by price::text))
    from (select orig_code, dest_code, day, price, batch_number, month from all_prices) as price`
}
