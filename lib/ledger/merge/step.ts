import type { Sql } from 'postgres'
import { addRow, emptySums, type DaySums } from '../row.ts'
import { transaction } from '../../postgres/transaction.ts'
import { addSums } from './add-sums.ts'
import { concatenate, countPrices } from './concatenate.ts'
import { useIndexes, type Due } from './due.ts'
import { lockOrigins } from './lock-origins.ts'
import { takeAlong, takeUnmerged, type Taken } from './take.ts'
import { insertMerged } from './write.ts'

/** What left `unmerged_prices`. */
export type Merged = { rows: number, prices: number }

/**
 * Merges lanes of one kind and month, in one transaction: their rows of `unmerged_prices` become rows of `merged_prices`, and their prices are
 * added to `merged_sums`. So no reader sees a sum change. Never waits for a batch, nor for another worker that merges.
 */
export async function mergeLanes (sql: Sql, due: Pick<Due, 'kind' | 'month' | 'lanes'>): Promise<Merged> {
  return await transaction(sql, async tx => {
    await useIndexes(tx)
    const lanes = await lockOrigins(tx, due)
    const taken = lanes.length > 0 ? await takeUnmerged(tx, due, lanes) : []
    if (taken.length > 0) {
      const along = await takeAlong(tx, due, lanes, countPrices(taken))
      const [added, rewritten] = [byLane(taken), byLane(along)]
      await insertMerged(tx, due, [...added].flatMap(([lane, rows]) =>
        concatenate([...rewritten.get(lane) ?? [], ...rows]).map(row => ({ ...lanes[lane]!, ...row }))))
      await addSums(tx, due, [...added].map(([lane, rows]) => ({ ...lanes[lane]!, ...sumsOf(rows) })))
    }
    return { rows: taken.length, prices: taken.reduce((sum, { days }) => sum + days.length, 0) }
  })
}

function sumsOf (rows: readonly Taken[]): DaySums {
  const sums = emptySums()
  for (const row of concatenate(rows)) addRow(sums, row) // few calls: each adds 31 sums as bigint
  return sums
}

const byLane = (rows: readonly Taken[]): Map<number, Taken[]> => Map.groupBy(rows, ({ lane }) => lane)
