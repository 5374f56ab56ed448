import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { isWithdrawal, traceBindings, type AnyManifest } from '../../../lib/batch/batch.ts'
import type { Delivery, Queue } from '../../../lib/batch/queue.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { requeueBatch } from '../../../lib/batch/transitions.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { closeReadOnlyConnections } from '../../../lib/postgres/database.ts'
import { withdrawReplaced } from '../../../lib/batch/withdraw-replaced.ts'
import { classify, reasonOf } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'
import { applyBatch } from '../apply/apply.ts'
import { applyWithdrawal } from '../apply/corrections/apply-withdrawal.ts'
import type { GuardOptions } from '../apply/guard/outliers.ts'
import type { Outcome } from '../apply/outcome.ts'
import type { BatchLimits } from '../apply/rules.ts'
import { createStepReporter } from '../apply/steps.ts'
import { beginAttempt, finishAttempt, finishSuperseded, reportProgress, type RowsDone } from './attempt.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'
import { DeadLetteredByOperator, isDeadLetteredByOperator } from './operator-dead-letter.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { startHeartbeat, type HeartbeatOptions } from './heartbeat.ts'
import { leaveToNewerRelease } from './newer-release.ts'
import type { Parked } from './parked.ts'
import { deadLetterOrHold, maxBodyChars } from './unreadable.ts'
import { countWaits } from './waits.ts'

export type Worker = {
  /** Name of this process in `batch_attempts`. */
  name: string
  sql: Sql
  store: Store
  queue: Queue
  breaker: CircuitBreaker
  log: Log
  metrics: Metrics
  limits: BatchLimits
  /** The guard against outliers. Absent: no provider is guarded. */
  guard?: GuardOptions | undefined
  heartbeat: HeartbeatOptions
  parked: Parked
  /** Pause before an object that differs from what was accepted is read again, in milliseconds. */
  secondLookMs: number
  /** Longest pause between two attempts of a batch that waits for a dependency, in milliseconds. @default 30000 */
  waitMaxMs?: number | undefined
  /** Time for which the message of a batch of a newer release is hidden, in seconds. @default 60 */
  newerReleaseSeconds?: number | undefined
  /** Receives after which SQS moves a message to the dead-letter queue. */
  maxReceives: () => Promise<number>
  /** Aborted at the shutdown deadline. */
  forceStop: AbortSignal
}

/** Processes one message until its batch is final or dead-lettered and the message is deleted, or the message is released. Never throws. */
export async function processMessage (worker: Worker, delivery: Delivery): Promise<void> {
  const { sql, queue, metrics, breaker, forceStop } = worker
  const { batchId } = delivery
  const log = worker.log.child({ batchId, ...traceBindings(delivery.traceparent) })
  const cancellation = new AbortController()
  const settled = new AbortController()
  const signal = cancellation.signal
  forceStop.addEventListener('abort', () => cancellation.abort(forceStop.reason), { signal: settled.signal })
  if (forceStop.aborted) cancellation.abort(forceStop.reason)
  const stopped = new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  const context: MessageContext = { ...worker, log, signal, waits: countWaits(sql, batchId), manifestId: batchId }
  const heartbeat = startHeartbeat(queue, delivery, log, metrics, context.heartbeat, async () => {
    if (await isDeadLetteredByOperator(sql, batchId)) cancellation.abort(new DeadLetteredByOperator())
  })
  const heldUntil = performance.now() + context.heartbeat.maxSeconds * 1_000
  const pause = (ms: number): Promise<unknown> => wait(ms, undefined, { signal }).catch(() => {})
  /** Consecutive failures of class `corrupt`. */
  let corruptFailures = 0

  /** Makes one attempt. Returns true when the message is deleted or released, and false to retry. */
  async function tryOnce (tries: number): Promise<boolean> {
    try {
      await attemptBatch(context, delivery)
      await deleteMessage()
      return true
    } catch (error) {
      if (isByOperator(signal)) {
        log.info({ tries }, 'message deleted: an operator has dead-lettered its batch')
        await deleteMessage()
        return true
      }
      return await handleFailure(error, tries)
    }
  }

  async function handleFailure (error: unknown, tries: number): Promise<boolean> {
    const isOverLimit = classify(error) === 'wait' && await context.waits.countFailure()
    const failure = isOverLimit ? 'unknown' : classify(error)
    if (failure === 'newer') {
      log.warn({ err: error, receives: delivery.receives }, 'batch of a newer release: message returned to the queue')
      metrics.count('freight_failures_total', { class: failure })
      await heartbeat.stop()
      await leaveToNewerRelease(context, delivery, reasonOf(error))
      return true
    }
    const held = failure !== 'unknown' && !signal.aborted && performance.now() < heldUntil
    log[held ? 'warn' : 'error']({ err: error, receives: delivery.receives, tries, held }, 'batch failed')
    metrics.count('freight_failures_total', { class: failure })
    if (!held) {
      await heartbeat.stop()
      await releaseMessage(context, delivery, reasonOf(error))
      return true
    }
    switch (failure) {
      case 'corrupt':
        if (++corruptFailures === 1 && batchId !== '') {
          await pause(context.secondLookMs)
          return false
        }
        return await handleCorrupt(reasonOf(error), tries)
      case 'wait':
        corruptFailures = 0
        closeReadOnlyConnections(sql, error)
        breaker.trip(reasonOf(error))
        await pause(backoffMs(tries, { maxMs: context.waitMaxMs }))
        await Promise.race([breaker.untilClosed(), stopped])
        return false
      default:
        return failure satisfies never
    }
  }

  /** Dead-letters a batch that was unreadable twice, or holds the batch while the store is suspect. */
  async function handleCorrupt (reason: string, tries: number): Promise<boolean> {
    const result = await deadLetterOrHold(sql, { ...delivery, batchId: context.manifestId }, reason)
    const { provider } = result
    if (result.outcome === 'held') {
      log.error({ provider, reason }, 'store is suspect: batches of several providers are unreadable, none is dead-lettered')
      breaker.trip(`STORE_SUSPECT: ${reason}`)
      await pause(backoffMs(tries))
      await Promise.race([breaker.untilClosed(), stopped])
      return false
    }
    if (result.outcome === 'dead_lettered') {
      metrics.count('freight_batches_finished_total', { outcome: 'dead_lettered' })
      log.error({ provider, reason }, 'batch dead-lettered')
    } else if (result.outcome === 'stray') {
      metrics.count('freight_stray_messages_total', {})
      log.error({ provider, reason, body: delivery.body.slice(0, maxBodyChars) }, 'message of an unknown batch: stored in stray_messages')
    }
    await deleteMessage()
    return true
  }

  async function deleteMessage (): Promise<void> {
    await heartbeat.stop()
    await queue.remove(delivery)
  }

  try {
    for (let tries = 1; ; tries++) {
      // Errors of the queue, or of the failure handling itself, are handled like errors of the attempt.
      if (await tryOnce(tries).catch(error => handleFailure(error, tries))) return
    }
  } catch (error) {
    log.error({ err: error }, 'message not deleted or released: SQS redelivers it after its visibility timeout')
  } finally {
    settled.abort()
    await heartbeat.stop()
  }
}

const isByOperator = (signal: AbortSignal): boolean => signal.reason instanceof DeadLetteredByOperator

type MessageContext = Worker & {
  /** Aborted when processing must stop at once: at the shutdown deadline, or by an operator. */
  signal: AbortSignal
  waits: ReturnType<typeof countWaits>
  /** Batch id in the manifest, after the manifest was read. A message of an older release may carry another id (decision 0022). */
  manifestId: string
}

/** Makes one attempt, from the manifest to the commit. */
async function attemptBatch (context: MessageContext, { batchId, traceparent, receives }: Delivery): Promise<void> {
  const { name, sql, store, metrics, limits, guard, signal, waits } = context
  waits.beginTry()
  signal.throwIfAborted()
  if (batchId === '') throw Object.assign(new Error('The message names no batch'), { code: 'NO_BATCH_ID' })
  const manifest = await store.readManifest(batchId)
  if (!manifest) throw Object.assign(new Error(`No manifest of batch ${batchId}`), { code: 'NO_MANIFEST' })
  context.manifestId = manifest.id
  // Messages of the sweeper and of redrives may lack the trace context.
  const log = context.log.child({ provider: manifest.provider, ...(traceparent ? {} : traceBindings(manifest.traceparent)) })
  const attempt = await beginAttempt(sql, manifest, name)
  if (!attempt) {
    await noteReplaced(context, manifest) // the worker that has applied the batch may have stopped before
    log.info({ receives }, 'duplicate delivery ignored: batch is final or dead-lettered')
    return
  }
  waits.begin(attempt.startedAt)
  const startedAt = performance.now()
  const onStep = createStepReporter(log, metrics)
  if (attempt.attempt === 1) onStep('queue', Math.max(0, Date.now() - Date.parse(manifest.acceptedAt)), { receives })
  let done: RowsDone = { read: 0, expected: null, bytes: 0 }
  const progress = reportProgress(sql, attempt, () => done)
  let outcome: Outcome
  try {
    const options = { sql, store, limits, guard, signal, onProgress: (now: RowsDone) => { done = now }, onStep }
    outcome = isWithdrawal(manifest) ? await applyWithdrawal(options, manifest, attempt) : await applyBatch(options, manifest, attempt)
  } catch (error) {
    await progress.stop()
    const reason = reasonOf(isByOperator(signal) ? signal.reason : error)
    await finishAttempt(sql, attempt, 'failed', done.read, reason).catch(() => {}) // the database may have caused the failure
    throw error
  }
  await progress.stop()
  const ms = performance.now() - startedAt
  log.info({ attempt: attempt.attempt, outcome, rows: done.read, ms: Math.round(ms) }, 'batch done')
  if (outcome === 'already final') {
    // A retry of the message would find the batch final and would not record the outcome either.
    await finishSuperseded(sql, attempt, done.read).catch(error => log.warn({ err: error }, 'outcome of the attempt not written'))
  } else {
    metrics.count('freight_batches_finished_total', { outcome })
    metrics.observe('freight_batch_seconds', {}, ms / 1_000)
    metrics.count('freight_rows_total', {}, done.read)
    metrics.count('freight_row_bytes_total', {}, done.bytes)
  }
  await noteReplaced(context, manifest)
}

/** Notes the batches that this one has replaced as withdrawn. The message is deleted afterwards, so a redelivery notes what a lost worker has not. */
async function noteReplaced ({ sql, store }: Worker, manifest: AnyManifest): Promise<void> {
  if (isWithdrawal(manifest) || manifest.replaces === undefined) return
  await withdrawReplaced(sql, store, manifest, { name: manifest.provider, reason: `replaced by ${manifest.id}` })
}

/**
 * Releases a message for redelivery, with a longer delay after each receive. After its last receive the message is released without a
 * delay: SQS then moves the message to the dead-letter queue, and a delay would only hold up the provider's next batch.
 */
async function releaseMessage ({ sql, queue, log, forceStop, parked, maxReceives }: Worker, delivery: Delivery, reason: string): Promise<void> {
  const isLast = delivery.receives >= await maxReceives()
  const seconds = forceStop.aborted || isLast ? 0 : Math.round(backoffMs(delivery.receives, { firstMs: 2_000, maxMs: 600_000 }) / 1_000)
  if (delivery.batchId) await requeueBatch(sql, delivery.batchId, reason).catch(error => log.warn({ err: error }, 'batch state not written'))
  try {
    await queue.release(delivery, seconds)
  } catch (error) {
    log.warn({ err: error }, 'message not released: SQS redelivers it after its visibility timeout')
    return
  }
  if (seconds === 0 || !delivery.batchId) return
  await parked.park(delivery, seconds).catch(error => {
    log.warn({ err: error, seconds }, 'parked message not recorded: an operator cannot shorten its visibility timeout')
  })
}
