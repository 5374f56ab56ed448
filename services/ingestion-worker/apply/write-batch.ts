import type { Sql } from 'postgres'
import { markApplied } from '../../../lib/batch/transitions.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { finishAttempt } from '../receive/attempt.ts'
import { writePrices } from './before-switch/write-prices.ts'
import { findDuplicate } from './duplicate/duplicate.ts'
import { lockBatch } from './lock-batch.ts'
import type { Run } from './options.ts'
import { AlreadyFinal, Decided } from './outcome.ts'
import type { ReadRows } from './read-rows.ts'
import { msSince } from './steps.ts'
import { writeLedger } from './write-ledger.ts'

/**
 * Writes a batch in one transaction: its prices, its state, and the idempotency record. Returns null, or the id of a batch that has applied the
 * same content: then nothing is written.
 *
 * Throws AlreadyFinal if another attempt was faster or an operator has acted on the batch, and Decided if an operator has discarded it.
 */
export async function writeBatch (run: Run, codes: readonly string[], read: ReadRows): Promise<string | null> {
  const { sql, manifest, attempt, onStep = () => {} } = run
  let committing = 0
  const duplicateId = await transaction(sql, async (tx, commit) => {
    // Both are sent at once. The server runs a statement after the one before, and with a newer snapshot.
    const [, isSwitched] = await Promise.all([lockBatch(run, tx), checkUnapplied(tx, manifest.id)])
    const duplicateId = await findDuplicate(tx, manifest, { digest: read.contentDigest, rows: read.rows })
    if (duplicateId) return duplicateId
    const loading = performance.now()
    const prices = read.prices.sort()
    await (isSwitched ? writeLedger : writePrices)(tx, codes, attempt.number, prices)
    onStep('load', msSince(loading))
    committing = performance.now()
    await finish(run, tx, read)
    await commit(idempotencyRecord(manifest.id, read.rows, isSwitched))
    return null
  })
  if (duplicateId === null) onStep('commit', msSince(committing))
  return duplicateId
}

/** Returns whether prices are written to the ledger by lane and month. Throws AlreadyFinal if the batch is applied. */
async function checkUnapplied (tx: Sql, id: string): Promise<boolean> {
  const [row] = await tx<[{ isApplied: boolean, isSwitched: boolean }]>`
    select exists (select from applied_batches where batch_id = ${id}) as "isApplied", switched_at is not null as "isSwitched" from ledger_position`
  if (row.isApplied) throw new AlreadyFinal()
  return row.isSwitched
}

/** Sets the state `applied`, and the outcome of the attempt. */
async function finish ({ store, manifest, attempt, signal }: Run, tx: Sql, { rows, lastLineEnded, contentDigest }: ReadRows): Promise<void> {
  signal.throwIfAborted()
  const [updated] = await Promise.all([
    markApplied(tx, manifest, { rows, lastLineEnded, contentDigest }),
    finishAttempt(tx, attempt, 'applied', rows),
  ])
  if (!updated) throw new AlreadyFinal()
  // An operator's discard locks only the row. Its process may have crashed after it stored the decision and before it updated the row.
  const discarded = updated.wasDeadLetter && await store.readDecision(manifest.id, signal)
  if (discarded) throw new Decided(discarded)
}

/**
 * Returns the last statement of a batch, which is sent in one message with COMMIT. It takes the next position, and locks the row of positions
 * until the commit: whoever sees a position sees all below it. The time grows with the position, whatever the clock does.
 */
function idempotencyRecord (batchId: string, rows: number, isSwitched: boolean): string {
  const values = `'${batchId}', ${rows}` // An id is hexadecimal: `parseManifest` checks it.
  if (!isSwitched) return `insert into applied_batches (batch_id, row_count, applied_at) values (${values}, clock_timestamp())`
  return `
    with next as (
      update ledger_position set position = position + 1, at = greatest(clock_timestamp(), at + interval '1 microsecond') returning position, at
    )
    insert into applied_batches (batch_id, row_count, position, applied_at) select ${values}, position, at from next`
}
