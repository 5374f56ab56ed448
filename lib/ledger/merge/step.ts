import type { Sql } from 'postgres'
import { addRow, emptySums, type DaySums } from '../row.ts'
import { transaction } from '../../postgres/transaction.ts'
import { addSums } from './add-sums.ts'
import { useIndexes, type Due, type Lane } from './due.ts'
import { lockOrigins } from './lock-origins.ts'
import { moveRows, type Moved } from './move-rows.ts'

/** Number of rows and prices that a step has moved out of `unmerged_prices`. */
export type Merged = { rows: number, prices: number }

/**
 * Merges lanes of one kind and month, in one transaction: their rows of `unmerged_prices` become rows of `merged_prices`, and their prices are
 * added to `merged_sums`. So no reader sees a sum change. Never waits for a batch, nor for another worker that merges.
 */
export async function mergeLanes (sql: Sql, due: Pick<Due, 'kind' | 'month' | 'lanes'>): Promise<Merged> {
  return await transaction(sql, async tx => {
    const [, lanes] = await Promise.all([useIndexes(tx), lockOrigins(tx, due)]) // both are sent at once
    const moved = lanes.length > 0 ? await moveRows(tx, due, lanes) : []
    if (moved.length > 0) await addSums(tx, due, sumsByLane(moved))
    return { rows: moved.reduce((sum, { rows }) => sum + rows, 0), prices: moved.reduce((sum, { days }) => sum + days.length, 0) }
  })
}

function sumsByLane (moved: readonly Moved[]): Array<Lane & DaySums> {
  const lanes = Map.groupBy(moved, ({ orig, dest }) => `${orig}${dest}`)
  return [...lanes.values()].map(rows => {
    const [{ orig, dest }] = rows as [Moved]
    const sums = emptySums()
    for (const row of rows) addRow(sums, row)
    return { orig, dest, ...sums }
  })
}
