import type { Sql } from 'postgres'

/**
 * Returns the number of prices that a batch has in the ledger. Decodes only rows with the number of the batch: `all_prices` decodes
 * every row, which a test with thousands of batches would do for each of them.
 */
export async function countPrices (sql: Sql, id: string): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    with batch as (select number from batches where id = ${id}),
      ledger as (
        select month, runs, days, cents from unmerged_prices
        union all
        select month, runs, days, cents from merged_prices
      )
    select count(*)::int as count from batch join ledger on position(int8send(number) in runs) > 0
      cross join ledger_prices(month, runs, days, cents) as price where batch_number = number`
  return row.count
}
