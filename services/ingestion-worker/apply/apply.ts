import type { Readable } from 'node:stream'
import type { Sql } from 'postgres'
import type { Manifest } from '../../batch/batch.ts'
import type { CheckedUnder } from '../../batch/conditions.ts'
import { byOperator } from '../../batch/dead-letters.ts'
import type { Store } from '../../batch/store.ts'
import { release } from '../../runtime/release.ts'
import { transaction } from '../../runtime/transaction.ts'
import { endAttempt, type Attempt, type RowsDone } from '../attempt.ts'
import { CopyEncoder } from '../rows/copy-encoder.ts'
import { LaneTotals } from '../rows/lane-totals.ts'
import { createRowReader } from '../rows/read.ts'
import { fileError } from '../rows/row-error.ts'
import type { RowSink } from '../rows/row-checker.ts'
import { copyPrices, type Copy } from './copy.ts'
import { cancelOnAbort } from './cancel.ts'
import { openContentDigest } from './content-digest.ts'
import { addToLaneMonths } from './lane-months.ts'
import { learnContents } from './learn-contents.ts'
import { readPayload, Unreadable } from './payload.ts'
import { lastLineOf } from './last-line.ts'
import { openReport } from './report.ts'
import { RolledBack, type Outcome } from './outcome.ts'
import { currentRules, type BatchLimits } from './rules.ts'
import { since, type TellStep } from './steps.ts'
import { findTwin, UnknownContents } from './twin.ts'

export type ApplyOptions = {
  sql: Sql
  store: Store
  limits: BatchLimits
  /** Aborted when the process must end at once: nothing of the batch stays. */
  signal: AbortSignal
  onProgress: (done: RowsDone) => void
  onStep?: TellStep
}

/**
 * Applies a batch in one transaction with one commit: its prices, the read model, the marker and its state. Every row is
 * validated; the first bad one ends the transaction before the rest is read, and a second transaction then says `rejected`. So does
 * content that was applied before, as a batch that no key names either.
 * Throws what the database or the store throws, after which nothing of it is there.
 */
export async function applyBatch (options: ApplyOptions, manifest: Manifest, attempt: Attempt): Promise<Outcome> {
  for (;;) {
    try {
      return await applyOnce(options, manifest, attempt)
    } catch (error) {
      if (!(error instanceof UnknownContents)) throw error
      await learnContents(options, manifest, error.content)
    }
  }
}

async function applyOnce (options: ApplyOptions, manifest: Manifest, attempt: Attempt): Promise<Outcome> {
  const { sql, store, limits, signal, onProgress, onStep = () => {} } = options
  const report = openReport(store, manifest.id)
  const over = new AbortController()
  const rules = await currentRules(sql, limits)
  const totals = new LaneTotals(rules)
  const encoder = new CopyEncoder(rules, BigInt(attempt.number))
  const sink: RowSink = {
    price (orig, dest, day, cents) {
      if (report.count > 0) return // the batch is rejected already: the rest is only validated
      encoder.append(orig, dest, day, cents)
      totals.add(orig, dest, day, cents)
    },
    error: report.add,
  }
  const reader = createRowReader(manifest.format, rules, sink)
  const lastLine = lastLineOf(manifest.format)
  let raw: Readable | undefined
  let chunks: AsyncIterator<Buffer, unknown> | undefined
  let isRead = false
  let bytes = 0
  let [readMs, parseMs, loadMs] = [0, 0, 0]
  const content = openContentDigest(manifest)
  let checkedUnder: CheckedUnder = { ...rules.reference, release, limits, rows: manifest.rows ?? null }
  let committing = 0

  /** Reads on to the end of the payload. With a `copy`, into which good rows flow, only to the chunk with the first bad row. */
  async function read (copy: Copy | null): Promise<void> {
    const began = performance.now()
    raw ??= await store.openPayload(manifest.payload, signal)
    chunks ??= readPayload(raw, manifest, limits.maxDecodedBytes)
    const length = manifest.decodedBytes ?? (manifest.encoding === 'identity' ? manifest.bytes : null)
    try {
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        const chunk = next.value
        signal.throwIfAborted()
        content.update(chunk)
        const parsing = performance.now()
        reader.write(chunk)
        lastLine.write(chunk)
        parseMs += since(parsing)
        bytes += chunk.length
        onProgress({ read: reader.rowsSeen, expected: length && Math.round(reader.rowsSeen * length / bytes), bytes })
        await report.flush()
        if (copy && report.count > 0) {
          readMs += since(began)
          return
        }
        const loading = performance.now()
        for (let tuples = encoder.take(); tuples; tuples = encoder.take()) await copy?.write(tuples)
        loadMs += since(loading)
      }
      reader.end()
      lastLine.end()
      const { rows } = manifest
      if (rows !== undefined && rows !== reader.rowsSeen && !reader.stopped) {
        report.add(fileError('row_count', `${reader.rowsSeen} rows, the request says ${rows}`))
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      report.add(fileError(error.code))
    }
    onProgress({ read: reader.rowsSeen, expected: reader.rowsSeen, bytes })
    await report.flush()
    isRead = true
    readMs += since(began)
    onStep('fetch', readMs - parseMs - loadMs, { bytes })
    onStep('parse', parseMs, { rows: reader.rowsSeen, errors: report.count })
  }

  async function load (tx: Sql): Promise<void> {
    await cancelOnAbort(sql, tx, signal, over.signal)
    await tx`select pg_advisory_xact_lock(hashtextextended(${manifest.id}, 0))`
    const [marker] = await tx`select 1 from applied_batches where batch_id = ${manifest.id}`
    if (marker) throw new RolledBack('ended earlier')
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
    onStep('load', loadMs + since(from))
    const twin = await findTwin(tx, manifest, { digest: content.digest(), rows: reader.rowsSeen })
    if (twin) {
      checkedUnder = { duplicate: twin }
      report.add(fileError('duplicate', twin, twin))
      await report.flush()
      throw new RolledBack('rejected')
    }
    from = performance.now()
    await addToLaneMonths(tx, totals.months())
    onStep('read_model', since(from))
    committing = performance.now()
    const mine = await tx`
      insert into applied_batches (batch_id, row_count, applied_at) values (${manifest.id}, ${reader.rowsSeen}, clock_timestamp())
      on conflict do nothing returning 1`
    if (mine.length === 0) throw new RolledBack('ended earlier')
    if (!await end(tx, 'applied')) throw new RolledBack('ended earlier')
  }

  /** False, and nothing written, when the batch has ended otherwise: what is rejected is not applied, nor the other way. */
  async function end (tx: Sql, state: 'applied' | 'validated' | 'rejected'): Promise<boolean> {
    signal.throwIfAborted()
    const mine = await tx`
      update batches set state = ${state}, finished_at = clock_timestamp(), row_count = ${reader.rowsSeen},
        error_count = ${report.count}, first_errors = ${tx.json(report.first)}, last_line_ended = ${lastLine.ended}, reason = null,
        name_kind = ${manifest.name.kind}, content_digest = ${state === 'applied' ? content.digest() : null},
        checked_under = ${state === 'rejected' ? tx.json(checkedUnder as never) : null}
      where id = ${manifest.id} and (state in ('queued', 'processing') or (state = 'dead_lettered' and reason not like ${`${byOperator}%`}))
      returning 1`
    if (mine.length === 0) return false
    await endAttempt(tx, attempt, state, reader.rowsSeen)
    return true
  }

  /** A dry run, or the end of a batch with bad rows: what is left to read is only validated, and no transaction is open meanwhile. */
  async function conclude (): Promise<Outcome> {
    if (!isRead) await read(null)
    await report.end()
    const state = report.count > 0 ? 'rejected' : 'validated'
    return await transaction(sql, tx => end(tx, state)) ? state : 'ended earlier'
  }

  async function applied (): Promise<Outcome> {
    try {
      await transaction(sql, load)
      onStep('commit', since(committing))
      return 'applied'
    } catch (error) {
      if (error instanceof RolledBack) return error.outcome
      throw error
    }
  }

  try {
    if (manifest.mode === 'dry_run') return await conclude()
    const outcome = await applied()
    return outcome === 'rejected' ? await conclude() : outcome
  } catch (error) {
    report.abort()
    throw error
  } finally {
    over.abort()
    raw?.destroy() // ends the reading of a transaction whose connection was lost
  }
}
