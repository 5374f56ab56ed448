import type { Sql } from 'postgres'
import type { AnyManifest } from '../../../lib/batch/batch.ts'
import type { CheckedUnder } from '../../../lib/batch/conditions.ts'
import { decidedNow, followDecision } from '../../../lib/batch/follow-decision.ts'
import { decideInTime } from '../../../lib/batch/store/decide.ts'
import type { Decision } from '../../../lib/batch/store/decision.ts'
import type { Understood } from '../../../lib/batch/understood.ts'
import { mayBeEnded } from '../../../lib/batch/transitions.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { finishAttempt } from '../receive/attempt.ts'
import { lockBatches } from './lock-batch.ts'
import type { Run } from './options.ts'
import type { Outcome } from './outcome.ts'
import type { ReadRows } from './read-rows.ts'

/** What is known of a batch that is not applied. A withdrawal has no rows. */
export type DecidedContent = Pick<ReadRows, 'rows' | 'lastLineEnded'> & { understood?: Understood | undefined }

/**
 * Decides about a dry run, or a batch or withdrawal with errors. Stores the decision before the row is updated. If this process crashes in
 * between, the next attempt finds the decision.
 */
export async function decide (
  run: Run<AnyManifest>, { rows, understood, lastLineEnded }: DecidedContent, checkedUnder: CheckedUnder | null
): Promise<Outcome> {
  const { sql, store, manifest: { id, provider }, report, signal } = run
  await report.end()
  return await transaction(sql, async tx => {
    await lockBatches(run, tx, [id])
    const [unfinished] = await tx<Array<{ decidedAt: string }>>`
      select ${decidedNow(tx)} from batches where id = ${id} and ${mayBeEnded(tx)} for update`
    if (!unfinished) return 'already final'
    signal.throwIfAborted()
    const state = report.count > 0 ? 'rejected' : 'validated'
    const decision = await decideInTime(store, {
      version: 1, id, provider, state, decidedAt: unfinished.decidedAt, rows, understood, errors: report.count, firstErrors: report.first,
      lastLineEnded,
      under: state === 'rejected' ? checkedUnder : null,
    }, { signal })
    await follow(run, tx, decision, rows)
    return decision.state === state ? state : 'already final'
  })
}

/** Copies a stored decision to the row of the batch. */
export async function followStored (run: Run<AnyManifest>, decision: Decision, rowsRead: number): Promise<void> {
  await transaction(run.sql, tx => follow(run, tx, decision, rowsRead))
}

async function follow ({ attempt }: Run<AnyManifest>, tx: Sql, decision: Decision, rowsRead: number): Promise<void> {
  await followDecision(tx, decision)
  await finishAttempt(tx, attempt, decision.state, rowsRead)
}
