import { holdBatch } from '../../../../lib/batch/transitions.ts'
import { transaction } from '../../../../lib/postgres/transaction.ts'
import { finishAttempt } from '../../receive/attempt.ts'
import type { SortedPrices } from '../../rows/output/batch-prices.ts'
import { findPrevious } from '../corrections/previous.ts'
import { lockBatches } from '../lock-batch.ts'
import type { Run } from '../options.ts'
import type { Outcome } from '../outcome.ts'
import type { ReadRows } from '../read-rows.ts'
import { compareWithLedger, isGuarded, type Comparison } from './outliers.ts'

/**
 * Returns the comparison for which the batch must be held, or null: the batch is not guarded, a person has released it, or it has few outliers. The
 * database may have lost the release in a restore, so the note in the store counts too.
 */
export async function findOutliers (run: Run, codes: readonly string[], prices: SortedPrices): Promise<Comparison | null> {
  const { sql, store, guard, attempt, manifest: { id, provider } } = run
  if (!guard || attempt.isReleased || !isGuarded(guard, provider)) return null
  const comparison = await compareWithLedger(sql, codes, prices, await replacedNumbers(run), guard.factor)
  if (comparison.outliers <= guard.share * comparison.compared || await store.readNote('releases', id)) return null
  return comparison
}

/** Returns the numbers of the batches that this one would replace now. */
export async function replacedNumbers (run: Run, sql = run.sql): Promise<number[]> {
  const { manifest: { replaces } } = run
  if (replaces === undefined) return []
  const ids = replaces === 'previous' ? [await findPrevious(run, sql)].filter(id => id !== undefined) : replaces
  const rows = await sql<Array<{ number: number }>>`select number from batches where id = any (${ids}) and state = 'applied'`
  return rows.map(({ number }) => number)
}

/** Sets the batch aside. Its message ends, so that the provider's later batches go on. */
export async function hold (run: Run, { rows, understood }: Pick<ReadRows, 'rows' | 'understood'>, { compared, outliers }: Comparison): Promise<Outcome> {
  const { sql, manifest: { id }, attempt, guard, signal } = run
  return await transaction(sql, async tx => {
    await lockBatches(run, tx, [id])
    signal.throwIfAborted()
    const reason = `OUTLIERS: the mean of a lane and day differs by more than a factor of ${guard!.factor} from the 30 days before, ` +
      `in ${outliers} of ${compared} rows that have such prices`
    if (!await holdBatch(tx, id, { rows, understood, reason })) return 'already final'
    await finishAttempt(tx, attempt, 'held', rows)
    return 'held'
  })
}
