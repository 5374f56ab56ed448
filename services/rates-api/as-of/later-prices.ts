import type { Sql } from 'postgres'
import { addBatchNumbers, addRow, emptySums, runsOf, type DaySums, type LedgerRow } from '../../../lib/ledger/row.ts'
import type { Problem } from '../../../lib/http/problem.ts'
import { errorAt, invalidParameters } from '../rates/parameters.ts'
import { laneCondition, sideCodes } from '../rates/side-codes.ts'
import type { LaneParameters } from '../rates/lane-totals.ts'
import { findLaterBatches } from './later-batches.ts'

type Fragment = ReturnType<Sql>

export type Then = {
  asOf: string
  /** Replaces the tables of reference data: see referenceThen. */
  reference: Fragment
}

/** Rows that are in memory at once: some MB. The event loop runs after as many. */
const pieceRows = 50

/**
 * Returns the sums of the prices that came after the moment, by month: prices of batches that were applied later, less those that were taken back
 * later. All statements need the same snapshot. Throws `invalid-parameters` before it reads a price, if there are more than `maxPrices`.
 */
export async function laterPrices (tx: Sql, parameters: LaneParameters, then: Then, maxPrices: number): Promise<Map<string, DaySums>> {
  const ledger = (columns: Fragment): Fragment => selectLedger(tx, parameters, then, columns)
  const [{ prices }] = await tx<[{ prices: number }]>`${ledger(tx`coalesce(sum(octet_length(days)), 0) as prices`)}` // lengths are read without the bytes
  if (prices > maxPrices) throw tooManyPrices(prices, maxPrices)

  const numbers = new Set<number>()
  for await (const rows of tx<Array<{ runs: Buffer }>>`${ledger(tx`runs`)}`.cursor(pieceRows)) {
    for (const row of rows) addBatchNumbers(numbers, row)
  }
  const sums = new Map(parameters.months.map(month => [month, emptySums()]))
  const isLater = await findLaterBatches(tx, numbers, then.asOf)
  if (!isLater) return sums
  for await (const rows of tx<Array<LedgerRow & { month: string }>>`${ledger(tx`month, runs, days, cents`)}`.cursor(pieceRows)) {
    for (const row of rows) addRow(sums.get(row.month)!, row, runsOf(row).filter(isLater))
  }
  return sums
}

/** Selects the rows of the lanes and months, merged and not. */
function selectLedger (tx: Sql, parameters: LaneParameters, { reference }: Then, columns: Fragment): Fragment {
  const isOfQuery = tx`kind = 0 and month = any (${parameters.months}::date[]) and ${laneCondition(tx)}`
  return tx`
    with recursive ${reference}${sideCodes(tx, parameters)}
    select ${columns} from (
      select month, runs, days, cents from unmerged_prices where ${isOfQuery}
      union all
      select month, runs, days, cents from merged_prices where ${isOfQuery}
    ) as ledger`
}

export function tooManyPrices (prices: number, maxPrices: number): Problem {
  const message = `needs ${prices} prices, and the maximum is ${maxPrices}: request fewer months, or a smaller region`
  return invalidParameters([errorAt('as_of', 'too_many_prices', message)], { prices, max_prices: maxPrices })
}
