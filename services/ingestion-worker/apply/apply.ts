import type { Manifest } from '../../../lib/batch/batch.ts'
import { requestConditions } from '../../../lib/batch/conditions.ts'
import { release } from '../../../lib/process/release.ts'
import type { Attempt } from '../receive/attempt.ts'
import { endWithdrawn } from './corrections/apply-withdrawal.ts'
import { PreviousWithdrawn } from './corrections/previous.ts'
import { recordTargets } from './corrections/resolve-targets.ts'
import { findOutliers, hold } from './guard/hold.ts'
import { decide, followStored } from './decide.ts'
import { storeEffect } from './store-effect.ts'
import { backfillContentDigests } from './duplicate/backfill-content-digests.ts'
import { UnknownContents } from './duplicate/duplicate.ts'
import type { ApplyOptions } from './options.ts'
import { AlreadyFinal, Decided, Withdrawn, type Outcome } from './outcome.ts'
import { readRows } from './read-rows.ts'
import { openReport } from './report.ts'
import { writeBatch } from './write-batch.ts'

/**
 * Applies a batch. Every row is validated before the transaction begins. A batch with a bad row is rejected, and so is a batch without a key if
 * a batch without a key has applied the same content. The decision about a batch that is not applied is stored before its row is updated. An
 * attempt that finds a decision copies it to the row. An attempt that finds a withdrawal of the batch ends both: the batch never appears.
 *
 * Throws the errors of the database and the store. The transaction is then rolled back.
 */
export async function applyBatch (options: ApplyOptions, manifest: Manifest, attempt: Attempt): Promise<Outcome> {
  for (;;) {
    try {
      return await applyOnce(options, manifest, attempt)
    } catch (error) {
      if (error instanceof UnknownContents) await backfillContentDigests(options, manifest, error.content)
      else if (!(error instanceof PreviousWithdrawn)) throw error
    }
  }
}

async function applyOnce (options: ApplyOptions, manifest: Manifest, attempt: Attempt): Promise<Outcome> {
  const report = openReport(options.store, manifest.id, options.limits.errorsMaxRows)
  const end = new AbortController()
  const run = { ...options, manifest, attempt, report, ended: end.signal }
  let rowsRead = 0
  try {
    const read = await readRows(run)
    const { rules } = read
    rowsRead = read.rows
    if (manifest.mode === 'dry_run' && report.count === 0) await storeEffect(run, rules.ports.codes, read.prices.sort())
    if (manifest.mode === 'dry_run' || report.count > 0) {
      return await decide(run, read, { ...rules.reference, release, limits: options.limits, ...requestConditions(manifest) })
    }
    await recordTargets(run)
    const prices = read.prices.sort()
    const outliers = await findOutliers(run, rules.ports.codes, prices)
    if (outliers !== null) {
      await storeEffect(run, rules.ports.codes, prices)
      return await hold(run, read, outliers)
    }
    const refusal = await writeBatch(run, rules.ports.codes, { ...read, prices })
    if (refusal === null) return 'applied'
    report.add(refusal)
    await report.flush()
    return await decide(run, read, { duplicate: refusal.value! })
  } catch (error) {
    if (error instanceof AlreadyFinal) return 'already final'
    report.abort()
    if (error instanceof Withdrawn) return await endWithdrawn(run, error.withdrawal)
    if (!(error instanceof Decided)) throw error
    await followStored(run, error.decision, rowsRead)
    return 'already final'
  } finally {
    end.abort()
  }
}
