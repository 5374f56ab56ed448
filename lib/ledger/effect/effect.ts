import type { Sql } from 'postgres'
import { transaction } from '../../postgres/transaction.ts'
import { readBatchSums } from '../batch-sums.ts'
import { addLaneSums, readLaneSums, subtractSums, type LaneSums } from '../lane-day-sums.ts'
import type { BatchLanes } from '../lanes.ts'
import { useIndexes } from '../merge/due.ts'
import { EffectRows } from './effect-rows.ts'
import { LaneSet } from './lane-set.ts'
import { readRunsSince } from './runs-since.ts'

/** Most lanes that one statement gets. */
const pieceLanes = 200

/** Thrown if prices that counted at the position were removed: what the batch has changed cannot be told any more. */
export class HistoryRemoved extends Error {}

/**
 * Returns what the commit of a position has changed: the ledger as of this position, and as of the one before it. It computes both from the current
 * sums and the prices that were added since, as one snapshot has them. So neither later batches nor merging change the result.
 *
 * Throws HistoryRemoved.
 */
export const effectAt = (sql: Sql, position: number): Promise<EffectRows> => inSnapshot(sql, async tx => {
  const [removed] = await tx`
    select 1 from withdrawn_batches as withdrawn join batches on number = batch_number join applied_batches as applied on batch_id = id
    where withdrawn.position >= ${position} and applied.position <= ${position} and (removing_since is not null or removed_at is not null) limit 1`
  if (removed) throw new HistoryRemoved()
  const rows = await tx<Array<{ number: number }>>`
    select number from batches join applied_batches on batch_id = id where position = ${position}
    union all select batch_number from withdrawn_batches where position = ${position}`
  const lanes = new LaneSet()
  await lanes.addBatches(tx, rows.map(({ number }) => number))
  return await collect(lanes, async piece => {
    const after = await readLaneSums(tx, piece)
    const { at, later } = await readRunsSince(tx, position, piece)
    subtractSums(after, later)
    return { after, delta: at }
  })
})

/** Returns what taking a batch back would change now. */
export const effectOfWithdrawal = (sql: Sql, batchNumber: number): Promise<EffectRows> => inSnapshot(sql, async tx => {
  const [isTakenBack] = await tx`select 1 from withdrawn_batches where batch_number = ${batchNumber}`
  return isTakenBack ? new EffectRows() : await effectOfChange(tx, new LaneSet(), [batchNumber], () => new Map())
})

/** Returns what a batch would change now: `added` returns the sums of its prices, and the batches `replaced` are taken back. */
export async function effectOfChange (
  tx: Sql, lanes: LaneSet, replaced: readonly number[], added: (piece: BatchLanes) => LaneSums
): Promise<EffectRows> {
  await lanes.addBatches(tx, replaced)
  return await collect(lanes, async piece => {
    const delta = added(piece)
    for (const number of replaced) subtractSums(delta, await readBatchSums(tx, number, piece))
    const after = await readLaneSums(tx, piece)
    addLaneSums(after, delta)
    return { after, delta }
  })
}

async function collect (lanes: LaneSet, read: (piece: BatchLanes) => Promise<{ after: LaneSums, delta: LaneSums }>): Promise<EffectRows> {
  const rows = new EffectRows()
  for (const piece of lanes.pieces(pieceLanes)) {
    const { after, delta } = await read(piece)
    rows.add(piece.month, after, delta)
  }
  return rows
}

/** Runs queries that all see the same commits. Merging moves rows between tables meanwhile, and no query sees it. */
export async function inSnapshot<T> (sql: Sql, work: (tx: Sql) => Promise<T>): Promise<T> {
  return await transaction(sql, async tx => {
    await tx`set transaction isolation level repeatable read, read only`
    await useIndexes(tx)
    return await work(tx)
  })
}
