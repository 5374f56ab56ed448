import type { Sql } from 'postgres'
import type { LaneSums } from './lane-day-sums.ts'
import type { BatchLanes } from './lanes.ts'
import { addRow, emptySums, encodeRun } from './row.ts'
import { runsOfBatch } from './runs-of-batch.ts'

/** Returns the sums of the prices that a batch has in lanes of a month, whether they were taken back or not. */
export async function readBatchSums (sql: Sql, batchNumber: number, lanes: BatchLanes): Promise<LaneSums> {
  const rows = await sql<Array<{ lane: string, prices: number, days: Buffer, cents: Buffer }>>`
    select orig_code || dest_code as lane, prices, days, cents from (${runsOfBatch(sql, batchNumber, lanes)}) as run where prices > 0`
  const found: LaneSums = new Map()
  for (const { lane, prices, days, cents } of rows) {
    let sums = found.get(lane)
    if (!sums) found.set(lane, sums = emptySums())
    addRow(sums, { runs: encodeRun(BigInt(batchNumber), prices), days, cents })
  }
  return found
}
