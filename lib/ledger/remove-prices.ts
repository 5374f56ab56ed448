import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'
import { lanesOfBatch, type BatchLanes } from './lanes.ts'
import { addSums } from './merge/add-sums.ts'
import { useIndexes } from './merge/due.ts'
import { addRow, emptySums, type DaySums, type LedgerRow } from './row.ts'
import { runList } from './runs-of-batch.ts'

/** Most lanes of one transaction: each rewrites rows of up to some thousand prices. */
const pieceLanes = 200

type Removed = LedgerRow & { orig: string, dest: string }

/**
 * Removes the prices of a batch that was taken back, and those that take them back, in transactions of at most 200 lanes. No sum changes: both add up
 * to 0. Merging skips the origins meanwhile. A second call continues where the first has ended. Returns the number of prices that it has removed.
 *
 * Before, the batch gets `removing_since`: what it and its withdrawal have changed can no longer be told. The earliest moment of `as_of` becomes the
 * time of the withdrawal at least: from then on the batch counts at no moment. A purged batch (`is_purged`) counts at no moment already, and the
 * earliest moment stays.
 */
export async function removePrices (sql: Sql, batchNumber: number, before: () => void | Promise<void> = () => {}): Promise<number> {
  let prices = 0
  await sql`update withdrawn_batches set removing_since = clock_timestamp() where batch_number = ${batchNumber} and removing_since is null`
  await forgetEarlierMoments(sql, batchNumber)
  for await (const lanes of lanesOfBatch(sql, batchNumber, pieceLanes)) {
    await before()
    prices += await transaction(sql, tx => removeFromLanes(tx, batchNumber, lanes))
  }
  await transaction(sql, async tx => {
    await tx`delete from batch_lanes where batch_number = ${batchNumber}`
    await tx`update withdrawn_batches set removed_at = clock_timestamp() where batch_number = ${batchNumber} and removed_at is null`
  })
  return prices
}

async function forgetEarlierMoments (sql: Sql, batchNumber: number): Promise<void> {
  await sql`
    update ledger_position set as_of_since = withdrawn_at from withdrawn_batches
    where batch_number = ${batchNumber} and not is_purged and withdrawn_at > as_of_since`
}

async function removeFromLanes (tx: Sql, batchNumber: number, lanes: BatchLanes): Promise<number> {
  await Promise.all([useIndexes(tx), waitForOrigins(tx, lanes)])
  const [unmerged, merged] = await Promise.all([deleteUnmerged(tx, batchNumber, lanes), rewriteMerged(tx, batchNumber, lanes)])
  if (merged.length > 0) await addSums(tx, lanes, negatedSums(merged))
  return unmerged + merged.reduce((sum, { days }) => sum + days.length, 0)
}

/** Waits until no other process merges lanes of these origins, and locks them until the end of the transaction. */
async function waitForOrigins (tx: Sql, { kind, month, origs }: BatchLanes): Promise<void> {
  await tx`
    select pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'merge', ${kind}::int, ${month}::text, orig), 0))
    from (select distinct orig from unnest(${origs}::text[]) as orig order by orig) as origins`
}

const isOfLane = (sql: Sql, { kind, month }: BatchLanes) => sql`
  kind = ${kind}::smallint and month = ${month}::date and of_lane.orig_code = wanted.orig_code and of_lane.dest_code = wanted.dest_code`
const wanted = (sql: Sql, { origs, dests }: BatchLanes) => sql`unnest(${origs}::text[], ${dests}::text[]) as wanted (orig_code, dest_code)`

async function deleteUnmerged (tx: Sql, batchNumber: number, lanes: BatchLanes): Promise<number> {
  const [row] = await tx<[{ prices: number }]>`
    with deleted as (
      delete from unmerged_prices where ctid = any (array(
        select id from ${wanted(tx, lanes)} cross join lateral (
          select ctid as id from unmerged_prices as of_lane where ${isOfLane(tx, lanes)} and substring(runs for 8) = int8send(${batchNumber}::bigint)
        ) as of_lane))
      returning octet_length(days) as prices
    )
    select coalesce(sum(prices), 0)::bigint as prices from deleted`
  return row.prices
}

/** Writes each merged row that has prices of the batch again without them, and returns these prices. */
async function rewriteMerged (tx: Sql, batchNumber: number, lanes: BatchLanes): Promise<Removed[]> {
  const number = tx`int8send(${batchNumber}::bigint)`
  return await tx<Removed[]>`
    with deleted as (
      delete from merged_prices where month = ${lanes.month}::date and ctid = any (array(
        select id from ${wanted(tx, lanes)} cross join lateral (
          select ctid as id from merged_prices as of_lane where ${isOfLane(tx, lanes)} and position(${number} in runs) > 0
        ) as of_lane))
      returning orig_code, dest_code, octet_length(cents) / octet_length(days) as width, runs, days, cents
    ), part as materialized (
      select place, run, orig_code, dest_code, width, number, substring(runs from 12 * run + 1 for 12) as runs,
        substring(days from start + 1 for abs(prices)) as days, substring(cents from start * width + 1 for abs(prices) * width) as cents
      from (select *, row_number() over () as place from deleted) as row cross join lateral (${runList(tx)}) as run
    ), kept as (
      insert into merged_prices (kind, month, orig_code, dest_code, runs, days, cents)
      select ${lanes.kind}::smallint, ${lanes.month}::date, orig_code, dest_code,
        string_agg(runs, '' order by run), string_agg(days, '' order by run), string_agg(cents, '' order by run)
      from part where number <> ${number} group by place, orig_code, dest_code
    )
    select orig_code as orig, dest_code as dest, runs, days, cents from part where number = ${number}`
}

function negatedSums (removed: readonly Removed[]): Array<{ orig: string, dest: string } & DaySums> {
  return [...Map.groupBy(removed, ({ orig, dest }) => `${orig}${dest}`).values()].flatMap(rows => {
    const [{ orig, dest }] = rows as [Removed]
    const sums = emptySums()
    for (const row of rows) addRow(sums, row)
    if (sums.counts.every(count => count === 0) && sums.cents.every(sum => sum === 0n)) return []
    return [{ orig, dest, counts: sums.counts.map(count => -count), cents: sums.cents.map(sum => -sum) }]
  })
}
