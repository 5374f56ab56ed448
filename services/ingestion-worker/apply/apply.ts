import type { Readable } from 'node:stream'
import type { Sql } from 'postgres'
import type { Manifest } from '../../../lib/batch/batch.ts'
import type { CheckedUnder } from '../../../lib/batch/conditions.ts'
import { decideInTime } from '../../../lib/batch/store/decide.ts'
import type { Decision } from '../../../lib/batch/store/decision.ts'
import { decidedNow, followDecision } from '../../../lib/batch/follow-decision.ts'
import { markApplied, mayBeEnded } from '../../../lib/batch/transitions.ts'
import { release } from '../../../lib/process/release.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { finishAttempt, type Attempt } from '../receive/attempt.ts'
import { CopyEncoder } from '../rows/output/copy-encoder.ts'
import { LaneTotals } from '../rows/output/lane-totals.ts'
import { createRowReader } from '../rows/read.ts'
import { fileError } from '../rows/values/row-error.ts'
import type { RowSink } from '../rows/values/row-checker.ts'
import { copyPrices } from './copy.ts'
import type { Copy } from '../../../lib/postgres/copy.ts'
import { cancelOnAbort } from './cancel.ts'
import { openContentDigest } from './duplicate/content-digest.ts'
import { addToLaneMonths } from './lane-months.ts'
import { backfillContentDigests } from './duplicate/backfill-content-digests.ts'
import { readPayload, Unreadable } from './payload.ts'
import { trackTrailingLine } from './trailing-line.ts'
import { openPayload } from './open-payload.ts'
import { openReport } from './report.ts'
import { Decided, RolledBack, type Outcome } from './outcome.ts'
import { currentRules } from './rules.ts'
import { msSince } from './steps.ts'
import { findDuplicate, UnknownContents } from './duplicate/duplicate.ts'
import type { ApplyOptions } from './options.ts'

/**
 * Applies a batch in one transaction: its prices, the read model, the idempotency record and its state.
 *
 * Every row is validated. The first bad row rolls the transaction back. The rest of the file is then only validated, and a second
 * transaction sets the state `rejected`. A batch without a key is also rejected if a batch without a key has applied the same content.
 * The decision about a batch that is not applied is stored before its row is updated. An attempt that finds a decision copies it to the row.
 *
 * Throws the errors of the database and the store. The transaction is then rolled back.
 */
export async function applyBatch (options: ApplyOptions, manifest: Manifest, attempt: Attempt): Promise<Outcome> {
  for (;;) {
    try {
      return await applyOnce(options, manifest, attempt)
    } catch (error) {
      if (!(error instanceof UnknownContents)) throw error
      await backfillContentDigests(options, manifest, error.content)
    }
  }
}

async function applyOnce (options: ApplyOptions, manifest: Manifest, attempt: Attempt): Promise<Outcome> {
  const { sql, store, limits, signal, onProgress, onStep = () => {} } = options
  const report = openReport(store, manifest.id)
  const settled = new AbortController()
  const rules = await currentRules(sql, limits)
  const totals = new LaneTotals(rules)
  const encoder = new CopyEncoder(rules, BigInt(attempt.number))
  const sink: RowSink = {
    price (orig, dest, day, cents) {
      if (report.count > 0) return // the batch is already rejected: the rest of the file is only validated
      encoder.append(orig, dest, day, cents)
      totals.add(orig, dest, day, cents)
    },
    error: report.add,
  }
  const reader = createRowReader(manifest.format, rules, sink)
  const trailingLine = trackTrailingLine(manifest.format)
  let raw: Readable | undefined
  let chunks: AsyncIterator<Buffer, unknown> | undefined
  let isRead = false
  let bytes = 0
  let [readMs, parseMs, loadMs] = [0, 0, 0]
  const content = openContentDigest(manifest)
  let checkedUnder: CheckedUnder = { ...rules.reference, release, limits, rows: manifest.rows ?? null }
  let committing = 0

  /** Reads to the end of the payload and writes good rows to `copy`. With a `copy`, stops after the chunk with the first bad row. */
  async function read (copy: Copy | null): Promise<void> {
    const began = performance.now()
    raw ??= await openPayload(store, manifest, signal)
    chunks ??= readPayload(raw, manifest, limits.maxDecodedBytes)
    const length = manifest.decodedBytes ?? (manifest.encoding === 'identity' ? manifest.bytes : null)
    try {
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        const chunk = next.value
        signal.throwIfAborted()
        content.update(chunk)
        const parsing = performance.now()
        reader.write(chunk) // Once the reader has stopped, the rest is read for the digest alone: a corrupt payload is no error of the provider.
        trailingLine.write(chunk)
        parseMs += msSince(parsing)
        bytes += chunk.length
        onProgress({ read: reader.rowsSeen, expected: length && Math.round(reader.rowsSeen * length / bytes), bytes })
        await report.flush()
        if (copy && report.count > 0) {
          readMs += msSince(began)
          return
        }
        const loading = performance.now()
        for (let tuples = encoder.take(); tuples; tuples = encoder.take()) await copy?.write(tuples)
        loadMs += msSince(loading)
      }
      reader.end()
      trailingLine.end()
      const { rows } = manifest
      if (rows !== undefined && rows !== reader.rowsSeen && !reader.stopped) {
        report.add(fileError('row_count', `${reader.rowsSeen} rows, the request declares ${rows}`))
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      report.add(fileError(error.code))
    }
    onProgress({ read: reader.rowsSeen, expected: reader.rowsSeen, bytes })
    await report.flush()
    isRead = true
    readMs += msSince(began)
    onStep('fetch', readMs - parseMs - loadMs, { bytes })
    onStep('parse', parseMs, { rows: reader.rowsSeen, errors: report.count })
  }

  async function load (tx: Sql): Promise<void> {
    await lockBatch(tx)
    const [idempotencyRecord] = await tx`select 1 from applied_batches where batch_id = ${manifest.id}`
    if (idempotencyRecord) throw new RolledBack('already final')
    const copy = await copyPrices(tx)
    let from: number
    try {
      await read(copy)
      if (report.count > 0) throw new RolledBack('rejected')
      from = performance.now()
      await copy.write(encoder.finish())
    } catch (error) {
      await copy.abort()
      throw error
    }
    await copy.end()
    onStep('load', loadMs + msSince(from))
    const duplicateId = await findDuplicate(tx, manifest, { digest: content.digest(), rows: reader.rowsSeen })
    if (duplicateId) {
      checkedUnder = { duplicate: duplicateId }
      report.add(fileError('duplicate', duplicateId, duplicateId))
      await report.flush()
      throw new RolledBack('rejected')
    }
    from = performance.now()
    await addToLaneMonths(tx, totals.months())
    onStep('read_model', msSince(from))
    committing = performance.now()
    const inserted = await tx`
      insert into applied_batches (batch_id, row_count, applied_at) values (${manifest.id}, ${reader.rowsSeen}, clock_timestamp())
      on conflict do nothing returning 1`
    if (inserted.length === 0) throw new RolledBack('already final')
    await finishApplied(tx)
  }

  /** Locks the batch until the end of the transaction. No other worker applies the batch or decides about it meanwhile. */
  async function lockBatch (tx: Sql): Promise<void> {
    await cancelOnAbort(sql, tx, signal, settled.signal)
    await tx`select pg_advisory_xact_lock(hashtextextended(${manifest.id}, 0))`
  }

  /** Sets the state `applied`. Throws, so that the transaction is rolled back, if the batch is already final or an operator has acted on it. */
  async function finishApplied (tx: Sql): Promise<void> {
    signal.throwIfAborted()
    const updated = await markApplied(tx, manifest, {
      rows: reader.rowsSeen, lastLineEnded: trailingLine.isTerminated, contentDigest: content.digest(),
    })
    if (!updated) throw new RolledBack('already final')
    // An operator's discard locks only the row. Its process may have crashed after it stored the decision and before it updated the row.
    const discarded = updated.wasDeadLetter && await store.readDecision(manifest.id, signal)
    if (discarded) throw new Decided(discarded)
    await finishAttempt(tx, attempt, 'applied', reader.rowsSeen)
  }

  /** Validates a dry run, or the unread rest of a rejected batch, and then decides. No transaction is open while the payload is read. */
  async function validateOnly (): Promise<Outcome> {
    if (!isRead) await read(null)
    await report.end()
    return await transaction(sql, decide)
  }

  /** Stores the decision before the row is updated. If this process crashes in between, the next attempt finds the decision. */
  async function decide (tx: Sql): Promise<Outcome> {
    await lockBatch(tx)
    const [unfinished] = await tx<Array<{ decidedAt: string }>>`
      select ${decidedNow(tx)} from batches where id = ${manifest.id} and ${mayBeEnded(tx)} for update`
    if (!unfinished) return 'already final'
    signal.throwIfAborted()
    const { id, provider } = manifest
    const state = report.count > 0 ? 'rejected' : 'validated'
    const decision = await decideInTime(store, {
      version: 1, id, provider, state, decidedAt: unfinished.decidedAt, rows: reader.rowsSeen, errors: report.count, firstErrors: report.first,
      lastLineEnded: trailingLine.isTerminated, under: state === 'rejected' ? checkedUnder : null,
    }, { signal })
    await followDecision(tx, decision)
    await finishAttempt(tx, attempt, decision.state, reader.rowsSeen)
    return decision.state === state ? state : 'already final'
  }

  async function followStoredDecision (decision: Decision): Promise<Outcome> {
    await transaction(sql, async tx => {
      await followDecision(tx, decision)
      await finishAttempt(tx, attempt, decision.state, reader.rowsSeen)
    })
    return 'already final'
  }

  async function applyInTransaction (): Promise<Outcome> {
    try {
      await transaction(sql, load)
      onStep('commit', msSince(committing))
      return 'applied'
    } catch (error) {
      if (error instanceof RolledBack) return error.outcome
      throw error
    }
  }

  try {
    if (manifest.mode === 'dry_run') return await validateOnly()
    const outcome = await applyInTransaction()
    return outcome === 'rejected' ? await validateOnly() : outcome
  } catch (error) {
    report.abort()
    if (error instanceof Decided) return await followStoredDecision(error.decision)
    throw error
  } finally {
    settled.abort()
    raw?.destroy() // stops a read whose transaction has lost its connection
  }
}
