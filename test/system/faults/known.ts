import { batchId } from '../../../lib/batch/batch.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import type { Dump } from './dump.ts'
import type { Entry, Of } from './history.ts'

export type BatchRecord = Dump['batches'][number]

/** States in which a batch cannot be withdrawn. */
export const ended = ['rejected', 'discarded']

/** A batch and all observations of it. */
export type Known = {
  plan: Of<'batch'>
  id: string
  record: BatchRecord | undefined
  /** The batch that takes it back for its provider or an operator. */
  withdrawal: BatchRecord | undefined
  submits: Array<Of<'submit'>>
  clashes: Array<Of<'submit'>>
  withdraws: Array<Of<'withdraw'>>
  polls: Array<Of<'poll'>>
  seen: Array<Of<'seen'>>
  redriven: boolean
  released: boolean
  /** Whether a fault delivered the batch out of order. */
  reordered: boolean
  /** When the first request was sent that may take the batch back: to withdraw or to replace it. */
  takenBackFrom: number
}

/** Returns all batches of a run. */
export function knownBatches (history: readonly Entry[], dump: Dump): Known[] {
  const of = <T extends Entry['type']>(type: T): Array<Of<T>> => history.filter((entry): entry is Of<T> => entry.type === type)
  const byBatch = <E extends { batch: number }>(entries: E[]): (batch: number) => E[] => {
    const found = Map.groupBy(entries, ({ batch }) => batch)
    return batch => found.get(batch) ?? []
  }
  const records = new Map(dump.batches.map(record => [record.id, record]))
  const plans = of('batch')
  const [submits, withdraws, releases, polls, seen, actions] = [
    byBatch(of('submit')), byBatch(of('withdraw')), byBatch(of('release')), byBatch(of('poll')), byBatch(of('seen')), byBatch(of('operator')),
  ]
  const reordered = new Set(of('fault').filter(({ name }) => name === 'messages reordered').flatMap(({ batches = [] }) => batches))
  return plans.map(plan => {
    const { batch, provider, key } = plan
    const id = batchId(provider, 'apply', { kind: 'key', value: key })
    const replacements = plans.filter(other => mayReplace(other, plan)).flatMap(other => submits(other.batch))
    return {
      plan, id,
      record: records.get(id),
      withdrawal: records.get(withdrawalId({ provider, id })),
      submits: submits(batch).filter(({ clash }) => !clash),
      clashes: submits(batch).filter(({ clash }) => clash),
      withdraws: withdraws(batch), polls: polls(batch), seen: seen(batch),
      redriven: actions(batch).some(({ action }) => action === 'redrive'),
      released: releases(batch).length > 0,
      reordered: reordered.has(batch),
      takenBackFrom: Math.min(...[...withdraws(batch), ...replacements].map(({ at }) => at)),
    }
  })
}

/** Returns whether one batch names the other as replaced, itself or by their series. */
export function mayReplace (one: Of<'batch'>, other: Of<'batch'>): boolean {
  if (one.batch === other.batch || one.provider !== other.provider || one.replaces === null) return false
  return one.replaces === 'previous' ? one.series === other.series : one.replaces.includes(other.batch)
}
