import type { Sql } from 'postgres'
import { markApplied } from '../../../lib/batch/transitions.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { finishAttempt } from '../receive/attempt.ts'
import type { SortedPrices } from '../rows/output/batch-prices.ts'
import type { RowError } from '../rows/values/row-error.ts'
import { findTargets, resolveTargets } from './corrections/resolve-targets.ts'
import { takeBackBatches } from '../../../lib/batch/take-back-batches.ts'
import { findDuplicate } from './duplicate/duplicate.ts'
import { idempotencyRecord } from '../../../lib/batch/idempotency-record.ts'
import { lockBatches } from './lock-batch.ts'
import type { Run } from './options.ts'
import { AlreadyFinal, Decided } from './outcome.ts'
import type { ReadRows } from './read-rows.ts'
import { msSince } from './steps.ts'
import { writeLedger } from './write-ledger.ts'

/**
 * Writes a batch in one transaction: its prices, those that it takes back, its state, and the idempotency record. Returns null, or the error for
 * which the batch must be rejected: then nothing is written.
 *
 * Throws AlreadyFinal if another attempt was faster or an operator has acted on the batch, and Decided if an operator has discarded it.
 */
export async function writeBatch (run: Run, codes: readonly string[], read: Omit<ReadRows, 'prices'> & { prices: SortedPrices }): Promise<RowError | null> {
  const { sql, manifest, attempt, onStep = () => {} } = run
  const { id } = manifest
  let committing = 0
  const refusal = await transaction(sql, async (tx, commit) => {
    const targetIds = await findTargets(run, tx)
    // Both are sent at once. The server runs a statement after the one before, and with a newer snapshot.
    await Promise.all([lockBatches(run, tx, [id, ...targetIds]), checkUnapplied(tx, id)])
    const refusal = await findDuplicate(tx, manifest, { digest: read.contentDigest, rows: read.rows })
    if (refusal) return refusal
    const targets = await resolveTargets(run, tx, targetIds)
    if (!Array.isArray(targets)) return targets
    const loading = performance.now()
    await writeLedger(tx, codes, attempt.number, read.prices)
    const takenBack = await takeBackBatches(tx, targets, { replacedBy: id })
    onStep('load', msSince(loading))
    committing = performance.now()
    await finish(run, tx, read)
    await commit(idempotencyRecord(id, read.rows, takenBack))
    return null
  })
  if (refusal === null) onStep('commit', msSince(committing))
  return refusal
}

/** Throws AlreadyFinal if the batch is applied. */
async function checkUnapplied (tx: Sql, id: string): Promise<void> {
  const [applied] = await tx`select 1 from applied_batches where batch_id = ${id}`
  if (applied) throw new AlreadyFinal()
}

/** Sets the state `applied`, and the outcome of the attempt. */
async function finish ({ store, manifest, attempt, signal }: Run, tx: Sql, { rows, understood, lastLineEnded, contentDigest }: Omit<ReadRows, 'prices'>): Promise<void> {
  signal.throwIfAborted()
  const [updated] = await Promise.all([
    markApplied(tx, manifest, { rows, understood, lastLineEnded, contentDigest }),
    finishAttempt(tx, attempt, 'applied', rows),
  ])
  if (!updated) throw new AlreadyFinal()
  // An operator's discard locks only the row. Its process may have crashed after it stored the decision and before it updated the row.
  const discarded = updated.wasDeadLetter && await store.readDecision(manifest.id, signal)
  if (discarded) throw new Decided(discarded)
}
