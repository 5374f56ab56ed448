import type { Withdrawal } from '../../../../lib/batch/batch.ts'
import { followDecision } from '../../../../lib/batch/follow-decision.ts'
import { endUnapplied } from '../../../../lib/batch/end-unapplied.ts'
import { recordAccepted } from '../../../../lib/batch/records.ts'
import type { State } from '../../../../lib/batch/batch.ts'
import { withdrawTarget } from '../../../../lib/batch/withdraw-target.ts'
import { transaction } from '../../../../lib/postgres/transaction.ts'
import { finishAttempt, type Attempt } from '../../receive/attempt.ts'
import { fileError } from '../../rows/values/row-error.ts'
import { decide, followStored } from '../decide.ts'
import { lockBatches } from '../lock-batch.ts'
import type { ApplyOptions, Run } from '../options.ts'
import { AlreadyFinal, type Outcome } from '../outcome.ts'
import { openReport } from '../report.ts'

/**
 * Applies a withdrawal: one transaction takes its target back, in whichever state the target is. A target that was not applied never is. The
 * withdrawal is rejected if the target has ended otherwise: rejected, validated or discarded.
 *
 * Throws the errors of the database and the store. The transaction is then rolled back.
 */
export async function applyWithdrawal (options: ApplyOptions, manifest: Withdrawal, attempt: Attempt): Promise<Outcome> {
  const { store, sql, signal } = options
  const end = new AbortController()
  const run: Run<Withdrawal> = { ...options, manifest, attempt, report: openReport(store, manifest.id), ended: end.signal }
  try {
    const [decision, ofTarget, target] = await Promise.all([
      store.readDecision(manifest.id, signal), store.readDecision(manifest.target, signal), store.readManifest(manifest.target),
    ])
    if (decision) {
      await followStored(run, decision, 0)
      return 'already final'
    }
    if (!target) throw Object.assign(new Error(`No manifest of batch ${manifest.target}`), { code: 'NO_TARGET' })
    await recordAccepted(sql, target) // a restored database may have lost it
    if (ofTarget) await transaction(sql, tx => followDecision(tx, ofTarget))
    const state = await withdraw(run)
    if (state === null) return 'withdrawn'
    run.report.add(fileError('not_withdrawable', state, manifest.target))
    await run.report.flush()
    return await decide(run, { rows: 0, lastLineEnded: null }, null)
  } catch (error) {
    if (error instanceof AlreadyFinal) return 'already final'
    run.report.abort()
    throw error
  } finally {
    end.abort()
  }
}

/** Ends a batch whose withdrawal was accepted before its attempt began, and the withdrawal. */
export async function endWithdrawn ({ sql, attempt, manifest: { id } }: Run, withdrawal: Withdrawal): Promise<Outcome> {
  return await transaction(sql, async tx => {
    await recordAccepted(tx, withdrawal)
    if (!await endUnapplied(tx, withdrawal, ['queued', 'processing', 'dead_lettered'])) return 'already final'
    await finishAttempt(tx, { ...attempt, batchId: id }, 'withdrawn', 0)
    return 'withdrawn'
  })
}

/** Takes the target back and ends the withdrawal. Returns null, or the state of a target that cannot be withdrawn: then nothing is written. */
async function withdraw (run: Run<Withdrawal>): Promise<State | null> {
  const { sql, manifest, attempt, signal } = run
  const outcome = await transaction(sql, async (tx, commit) => {
    await lockBatches(run, tx, [manifest.id, manifest.target])
    signal.throwIfAborted()
    const outcome = await withdrawTarget(tx, commit, manifest, () => finishAttempt(tx, attempt, 'applied', 0))
    if (outcome === 'already final') throw new AlreadyFinal()
    return outcome
  })
  return outcome === 'withdrawn' ? null : outcome.refused
}
