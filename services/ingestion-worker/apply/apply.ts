import type { Readable } from 'node:stream'
import type { Sql } from 'postgres'
import type { Manifest } from '../../batch/batch.ts'
import type { CheckedUnder } from '../../batch/conditions.ts'
import { byOperator } from '../../batch/dead-letters.ts'
import { decideInTime } from '../../batch/decide.ts'
import type { Decision } from '../../batch/decision.ts'
import { decidedNow, followDecision } from '../../batch/follow-decision.ts'
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
import { openPayload } from './open-payload.ts'
import { openReport } from './report.ts'
import { Decided, RolledBack, type Outcome } from './outcome.ts'
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
 * content that was applied before, as a batch that no key names either. What is not applied is decided in the store before the row says it;
 * an attempt that finds a decision ends by it.
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
    raw ??= await openPayload(store, manifest, signal)
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
    await lockBatch(tx)
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
    await endApplied(tx)
  }

  /** Until the end of the transaction no other worker applies the batch or decides about it. */
  async function lockBatch (tx: Sql): Promise<void> {
    await cancelOnAbort(sql, tx, signal, over.signal)
    await tx`select pg_advisory_xact_lock(hashtextextended(${manifest.id}, 0))`
  }

  /** The states that an attempt may end: a batch that an operator has dead-lettered is not among them. */
  const isOpen = (tx: Sql) => tx`(state in ('queued', 'processing') or (state = 'dead_lettered' and reason not like ${`${byOperator}%`}))`

  /** Throws, and the transaction is rolled back, when the batch has ended otherwise: what is rejected or discarded is not applied. */
  async function endApplied (tx: Sql): Promise<void> {
    signal.throwIfAborted()
    const [mine] = await tx<Array<{ was_dead_letter: boolean }>>`
      update batches set state = 'applied', finished_at = clock_timestamp(), row_count = ${reader.rowsSeen},
        error_count = 0, first_errors = '[]', last_line_ended = ${lastLine.ended}, reason = null,
        name_kind = ${manifest.name.kind}, content_digest = ${content.digest()}, checked_under = null
      where id = ${manifest.id} and ${isOpen(tx)}
      returning dead_lettered_at is not null as was_dead_letter`
    if (!mine) throw new RolledBack('ended earlier')
    // An operator's discard locks the row, not the batch: its process may have ended between the decision and the row since this attempt began.
    const discarded = mine.was_dead_letter && await store.readDecision(manifest.id, signal)
    if (discarded) throw new Decided(discarded)
    await endAttempt(tx, attempt, 'applied', reader.rowsSeen)
  }

  /** A dry run, or the end of a batch with bad rows: what is left to read is only validated, and no transaction is open meanwhile. */
  async function conclude (): Promise<Outcome> {
    if (!isRead) await read(null)
    await report.end()
    return await transaction(sql, decide)
  }

  /** The decision goes to the store first: where this process ends before the row says it, the next attempt finds the decision. */
  async function decide (tx: Sql): Promise<Outcome> {
    await lockBatch(tx)
    const [open] = await tx<Array<{ decidedAt: string }>>`
      select ${decidedNow(tx)} from batches where id = ${manifest.id} and ${isOpen(tx)} for update`
    if (!open) return 'ended earlier'
    signal.throwIfAborted()
    const { id, provider } = manifest
    const state = report.count > 0 ? 'rejected' : 'validated'
    const decision = await decideInTime(store, {
      version: 1, id, provider, state, decidedAt: open.decidedAt, rows: reader.rowsSeen, errors: report.count, firstErrors: report.first,
      lastLineEnded: lastLine.ended, under: state === 'rejected' ? checkedUnder : null,
    }, { signal })
    await followDecision(tx, decision)
    await endAttempt(tx, attempt, decision.state, reader.rowsSeen)
    return decision.state === state ? state : 'ended earlier'
  }

  async function follow (decision: Decision): Promise<Outcome> {
    await transaction(sql, async tx => {
      await followDecision(tx, decision)
      await endAttempt(tx, attempt, decision.state, reader.rowsSeen)
    })
    return 'ended earlier'
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
    if (error instanceof Decided) return await follow(error.decision)
    throw error
  } finally {
    over.abort()
    raw?.destroy() // ends the reading of a transaction whose connection was lost
  }
}
