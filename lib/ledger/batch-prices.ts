import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'
import { lanesOfBatch, type BatchLanes } from './lanes.ts'
import { useIndexes } from './merge/due.ts'
import { centsOf } from './row.ts'
import { runsOfBatch } from './runs-of-batch.ts'

/** Prices of a batch on one lane in one month. */
export type LanePrices = {
  orig: string
  dest: string
  /** `YYYY-MM-01` */
  month: string
  /** The day of the month and the cents of each price, ordered by both. */
  prices: Iterable<{ day: number, cents: number }>
}

/** Prices that one statement reads, if all lanes have as many. */
const piecePrices = 20_000
const maxLanes = 1_000

/**
 * Yields the prices of a batch, also of one that was taken back, ordered by month, lane, day and price. Each statement has a transaction of its own
 * that ends before the consumer gets its lanes. So the consumer may be slow, and merging may run meanwhile. Throws PricesIncomplete at the end if
 * the ledger has another number of prices than the batch.
 */
export async function * pricesOfBatch (sql: Sql, batchNumber: number, prices: number): AsyncGenerator<LanePrices> {
  let found = 0
  for await (const lanes of lanesOfBatch(sql, batchNumber, await lanesOfPiece(sql, batchNumber, prices))) {
    const runs = Map.groupBy(await readRuns(sql, batchNumber, lanes), ({ orig, dest }) => orig + dest)
    for (const [at, orig] of lanes.origs.entries()) {
      const dest = lanes.dests[at]!
      const keys = sortedKeys(runs.get(orig + dest) ?? [])
      found += keys.length
      yield { orig, dest, month: lanes.month, prices: decoded(keys) }
    }
  }
  if (found !== prices) throw new PricesIncomplete(`The ledger has ${found} of the ${prices} prices of batch ${batchNumber}`)
}

/** Thrown if the ledger has not all prices of a batch: they are removed, or were so meanwhile. */
export class PricesIncomplete extends Error {}

async function lanesOfPiece (sql: Sql, batchNumber: number, prices: number): Promise<number> {
  const [row] = await sql<[{ lanes: number }]>`
    select coalesce(sum(length(orig_codes) / 5), 0)::int as lanes from batch_lanes where batch_number = ${batchNumber}`
  return Math.max(1, Math.min(maxLanes, Math.floor(piecePrices * row.lanes / prices)))
}

type OwnRun = { orig: string, dest: string, days: Buffer, cents: Buffer }

async function readRuns (sql: Sql, batchNumber: number, lanes: BatchLanes): Promise<OwnRun[]> {
  const [, runs] = await transaction(sql, async tx => await Promise.all([useIndexes(tx), tx<OwnRun[]>`
    select orig_code as orig, dest_code as dest, days, cents from (${runsOfBatch(tx, batchNumber, lanes)}) as run where prices > 0`]))
  return runs
}

/** Above every price in cents: a double has a day and a price exactly. */
const dayFactor = 2 ** 46

function sortedKeys (runs: readonly OwnRun[]): Float64Array {
  const keys = new Float64Array(runs.reduce((sum, { days }) => sum + days.length, 0))
  let length = 0
  for (const run of runs) {
    const cents = centsOf(run)
    for (const [at, day] of run.days.entries()) keys[length++] = day * dayFactor + cents(at)
  }
  return keys.sort()
}

function * decoded (keys: Float64Array): Generator<{ day: number, cents: number }> {
  for (const key of keys) yield { day: Math.floor(key / dayFactor), cents: key % dayFactor }
}
