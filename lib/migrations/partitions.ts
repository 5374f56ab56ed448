import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'

/**
 * Creates the missing monthly partitions of `prices` and `merged_prices` from `firstMonth` to `lastMonth` inclusive. Returns the created months.
 * Each partition has its own transaction with a lock timeout. A partition is created as a table and then attached: attaching takes
 * SHARE UPDATE EXCLUSIVE on the parent, which does not block batches and readers.
 *
 * @param firstMonth `YYYY-MM-01`
 * @param lastMonth `YYYY-MM-01`
 */
export async function ensurePartitions (sql: Sql, firstMonth: string, lastMonth: string): Promise<string[]> {
  const missing = await sql<Array<{ month: string }>>`
    select month::text from (
      select generate_series(${firstMonth}::date, ${lastMonth}::date, interval '1 month')::date as month
    ) wanted where month not in (select month from price_months) order by month`
  const created: string[] = []
  for (const { month } of missing) {
    if (await createPartition(sql, month)) created.push(month)
  }
  return created
}

async function createPartition (sql: Sql, month: string): Promise<boolean> {
  const suffix = month.slice(0, 7).replace('-', '_')
  return await transaction(sql, async tx => {
    await tx`set local lock_timeout = '5s'`
    const [inserted] = await tx`insert into price_months (month) values (${month}) on conflict do nothing returning month`
    if (!inserted) return false // another migrator created the partition
    const [{ next }] = await tx<[{ next: string }]>`select (${month}::date + interval '1 month')::date::text as next`
    for (const table of ['prices', 'merged_prices']) {
      await tx.unsafe(`create table ${table}_${suffix} (like ${table} including defaults including constraints including storage)`)
      await tx.unsafe(`alter table ${table} attach partition ${table}_${suffix} for values from ('${month}') to ('${next}')`)
    }
    // A partition inherits neither its options nor privileges. The lock of a truncation cancels queries of replicas.
    await tx.unsafe(`alter table merged_prices_${suffix} set (vacuum_truncate = off)`)
    await tx.unsafe(`grant maintain on prices_${suffix}, merged_prices_${suffix} to batch_writer`)
    return true
  })
}

/** Returns the month `months` after the current one, as `YYYY-MM-01`. */
export function monthAhead (months: number, now = new Date()): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString().slice(0, 10)
}
