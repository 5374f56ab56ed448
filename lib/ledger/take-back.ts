import type { Sql } from 'postgres'
import { lanesOfBatch, type BatchLanes } from './lanes.ts'
import { runsOfBatch } from './runs-of-batch.ts'
import { useIndexes } from './merge/due.ts'

/**
 * Adds the prices of a batch once more, with negative runs, and returns how many prices it has found. Only adds rows of its own, so it waits for
 * nobody. Each statement sees every price of its lanes once, whether merging moves it meanwhile or not.
 *
 * The caller holds the lock of the batch, and writes `withdrawn_batches` in the same transaction.
 */
export async function takeBack (tx: Sql, batchNumber: number): Promise<number> {
  await useIndexes(tx)
  let prices = 0
  for await (const lanes of lanesOfBatch(tx, batchNumber)) prices += await takeBackLanes(tx, batchNumber, lanes)
  return prices
}

async function takeBackLanes (tx: Sql, batchNumber: number, lanes: BatchLanes): Promise<number> {
  const [row] = await tx<[{ prices: number }]>`
    with own as (${runsOfBatch(tx, batchNumber, lanes)}), inserted as (
      insert into unmerged_prices (kind, month, orig_code, dest_code, runs, days, cents)
      select ${lanes.kind}::smallint, ${lanes.month}::date, orig_code, dest_code, int8send(${batchNumber}::bigint) || int4send(-prices), days, cents from own
      where prices > 0
    )
    select coalesce(sum(prices), 0)::bigint as prices from own where prices > 0`
  return row.prices
}
