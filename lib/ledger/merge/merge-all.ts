import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { findDue, type LaneMonth } from './due.ts'
import { mergeLanes, type Merged } from './step.ts'

/** Pause while other workers merge the rows that are left, in milliseconds. */
const pauseMs = 50

/** Merges each lane and month that has two or more rows in `unmerged_prices`, beside the workers, until none is left. The workers vacuum. */
export async function mergeAll (sql: Sql, onStep: (sum: Merged) => void = () => {}): Promise<Merged> {
  const sum = { rows: 0, prices: 0 }
  let from: LaneMonth | null = null
  for (let isLeft = false; ;) {
    const due = await findDue(sql, from, 2)
    isLeft ||= due.lanes.length > 0
    if (due.lanes.length > 0) {
      const { rows, prices } = await mergeLanes(sql, due)
      sum.rows += rows
      sum.prices += prices
      onStep(sum)
      if (rows === 0) await wait(pauseMs)
    }
    from = due.next
    if (from !== null) continue
    if (!isLeft) return sum
    isLeft = false
  }
}
