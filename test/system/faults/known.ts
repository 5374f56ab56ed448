import { batchId } from '../../../lib/batch/batch.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import type { Dump } from './dump.ts'
import { restoresOf, type Restore } from './eras.ts'
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
  purges: Array<Of<'purge'>>
  /** Objects that the store has after its purge. */
  left: Array<Of<'left'>>
  polls: Array<Of<'poll'>>
  seen: Array<Of<'seen'>>
  redriven: boolean
  released: boolean
  /** Whether a fault delivered the batch out of order, or a restore: messages that wait are ahead of those of lost batches. */
  reordered: boolean
  /** When the first request was sent that may take the batch back: to withdraw, to purge or to replace it. */
  takenBackFrom: number
  /** The restores of the run. */
  restores: Restore[]
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
  const [submits, withdraws, releases, polls, seen, actions, purges, left] = [
    byBatch(of('submit')), byBatch(of('withdraw')), byBatch(of('release')), byBatch(of('poll')), byBatch(of('seen')), byBatch(of('operator')),
    byBatch(of('purge')), byBatch(of('left')),
  ]
  const restores = restoresOf(of('fault'))
  const reordered = new Set(of('fault').filter(({ name }) => name === 'messages reordered').flatMap(({ batches = [] }) => batches))
  return plans.map(plan => {
    const { batch, provider, key } = plan
    const id = batchId(provider, 'apply', { kind: 'key', value: key })
    const record = records.get(id)
    const replacements = plans.filter(other => mayReplace(other, plan)).flatMap(other => submits(other.batch))
    return {
      plan, id,
      record,
      withdrawal: records.get(withdrawalId({ provider, id })),
      submits: submits(batch).filter(({ clash }) => !clash),
      clashes: submits(batch).filter(({ clash }) => clash),
      withdraws: withdraws(batch), purges: purges(batch), left: left(batch), polls: polls(batch), seen: seen(batch),
      redriven: actions(batch).some(({ action }) => action === 'redrive'),
      released: releases(batch).length > 0,
      reordered: reordered.has(batch) || restores.some(restore => isAppliedAgain(restore, submits(batch), record)),
      takenBackFrom: Math.min(...[...withdraws(batch), ...purges(batch), ...replacements].map(({ at }) => at)),
      restores,
    }
  })
}

/** Returns whether the batch was accepted before the end of a restore, and applied after the moment that the restore went back to. */
function isAppliedAgain ({ until, since }: Restore, submits: ReadonlyArray<Of<'submit'>>, record: BatchRecord | undefined): boolean {
  return (record?.finishedAt ?? 0) > since && submits.some(({ at, status }) => status === 202 && at < until)
}

/** Returns whether one batch names the other as replaced, itself or by their series. */
export function mayReplace (one: Of<'batch'>, other: Of<'batch'>): boolean {
  if (one.batch === other.batch || one.provider !== other.provider || one.replaces === null) return false
  return one.replaces === 'previous' ? one.series === other.series : one.replaces.includes(other.batch)
}
