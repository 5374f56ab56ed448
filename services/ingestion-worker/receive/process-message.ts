import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { traceBindings } from '../../../lib/batch/batch.ts'
import type { Delivery, Queue } from '../../../lib/batch/queue.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { dropReadOnlyLinks } from '../../../lib/postgres/database.ts'
import { classify, reasonOf } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'
import { applyBatch } from '../apply/apply.ts'
import type { Outcome } from '../apply/outcome.ts'
import type { BatchLimits } from '../apply/rules.ts'
import { stepTeller } from '../apply/steps.ts'
import { beginAttempt, endAttempt, handBack, reportProgress, type RowsDone } from './attempt.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'
import { EndedByOperator, isEndedByOperator } from './operator-dead-letter.ts'
import type { Gate } from './circuit-breaker.ts'
import { startHeartbeat, type HeartbeatOptions } from './heartbeat.ts'
import type { Parked } from './parked.ts'
import { judgeUnreadable, maxBodyChars } from './unreadable.ts'
import { countWaits } from './waits.ts'

export type Worker = {
  /** Name of this process in `batch_attempts`. */
  name: string
  sql: Sql
  store: Store
  queue: Queue
  gate: Gate
  log: Log
  metrics: Metrics
  limits: BatchLimits
  heartbeat: HeartbeatOptions
  parked: Parked
  /** Pause before what the store gave is read again because it is not what was accepted, in milliseconds. */
  secondLookMs: number
  /** Longest pause between two attempts of a batch that waits, in milliseconds. @default 30000 */
  waitMaxMs?: number | undefined
  /** Receives after which SQS moves a message to the dead-letter queue. */
  maxReceives: () => Promise<number>
  /** Aborted when the time for finishing is over. */
  giveUp: AbortSignal
}

/** Works on one delivery until it is done with: its batch ended and the message deleted, or handed back. Never throws. */
export async function deliver (all: Worker, delivery: Delivery): Promise<void> {
  const { sql, queue, metrics, gate, giveUp } = all
  const { batchId } = delivery
  const log = all.log.child({ batchId, ...traceBindings(delivery.traceparent) })
  const letGo = new AbortController()
  const over = new AbortController()
  const signal = letGo.signal
  giveUp.addEventListener('abort', () => letGo.abort(giveUp.reason), { signal: over.signal })
  if (giveUp.aborted) letGo.abort(giveUp.reason)
  const stopped = new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  const worker: Work = { ...all, log, signal, waits: countWaits(sql, batchId), manifestId: batchId }
  const heartbeat = startHeartbeat(queue, delivery, log, metrics, worker.heartbeat, async () => {
    if (await isEndedByOperator(sql, batchId)) letGo.abort(new EndedByOperator('an operator has dead-lettered the batch'))
  })
  const heldUntil = performance.now() + worker.heartbeat.maxSeconds * 1_000
  const pause = (ms: number): Promise<unknown> => wait(ms, undefined, { signal }).catch(() => {})
  /** Failures of class corrupt since the last failure of another class. */
  let looks = 0

  /** True when the delivery is done with. */
  async function tryOnce (tries: number): Promise<boolean> {
    try {
      await work(worker, delivery)
      await finish()
      return true
    } catch (error) {
      if (isByOperator(signal)) {
        log.info({ tries }, 'message deleted: an operator has dead-lettered its batch')
        await finish()
        return true
      }
      return await failed(error, tries)
    }
  }

  async function failed (error: unknown, tries: number): Promise<boolean> {
    const waited = classify(error) === 'wait'
    const failure = waited && await worker.waits.isTooMany() ? 'unknown' : classify(error)
    const held = failure !== 'unknown' && !signal.aborted && performance.now() < heldUntil
    log[held ? 'warn' : 'error']({ err: error, receives: delivery.receives, tries, held }, 'batch failed')
    metrics.count('freight_failures_total', { class: failure })
    if (!held) {
      await heartbeat.stop()
      await giveBack(worker, delivery, reasonOf(error))
      return true
    }
    if (failure === 'corrupt') {
      if (++looks === 1 && batchId !== '') {
        await pause(worker.secondLookMs)
        return false
      }
      return await judge(reasonOf(error), tries)
    }
    looks = 0
    dropReadOnlyLinks(sql, error)
    gate.shut(reasonOf(error))
    await pause(backoffMs(tries, { maxMs: worker.waitMaxMs }))
    await Promise.race([gate.opened(), stopped])
    return false
  }

  /** The second look was no better: dead-letters the batch, or holds it while the store is in doubt. */
  async function judge (reason: string, tries: number): Promise<boolean> {
    const verdict = await judgeUnreadable(sql, { ...delivery, batchId: worker.manifestId }, reason)
    const { provider } = verdict
    if (verdict.outcome === 'held') {
      log.error({ provider, reason }, 'batches of several providers cannot be read as they were accepted: none is dead-lettered')
      gate.shut(`STORE_IN_DOUBT: ${reason}`)
      await pause(backoffMs(tries))
      await Promise.race([gate.opened(), stopped])
      return false
    }
    if (verdict.outcome === 'dead_lettered') {
      metrics.count('freight_batches_finished_total', { outcome: 'dead_lettered' })
      log.error({ provider, reason }, 'batch dead-lettered')
    } else if (verdict.outcome === 'kept') {
      metrics.count('freight_stray_messages_total', {})
      log.error({ provider, reason, body: delivery.body.slice(0, maxBodyChars) }, 'a message names no batch that is known: it is kept in stray_messages')
    }
    await finish()
    return true
  }

  async function finish (): Promise<void> {
    await heartbeat.stop()
    await queue.remove(delivery)
  }

  try {
    for (let tries = 1; ; tries++) {
      // A failure of the queue or of the judgement is handled as a failure of the work is.
      if (await tryOnce(tries).catch(error => failed(error, tries))) return
    }
  } catch (error) {
    log.error({ err: error }, 'message not released: it is redelivered after its visibility timeout')
  } finally {
    over.abort()
    await heartbeat.stop()
  }
}

const isByOperator = (signal: AbortSignal): boolean => signal.reason instanceof EndedByOperator

type Work = Worker & {
  /** Aborted when the work is to end at once, for the process or for an operator. */
  signal: AbortSignal
  waits: ReturnType<typeof countWaits>
  /** The batch's id by its manifest, once that was read: a message of an older release may have another (decision 0022). */
  manifestId: string
}

/** One attempt: from the manifest to the commit. */
async function work (worker: Work, { batchId, traceparent, receives }: Delivery): Promise<void> {
  const { name, sql, store, metrics, limits, signal, waits } = worker
  waits.beginTry()
  signal.throwIfAborted()
  if (batchId === '') throw Object.assign(new Error('The message names no batch'), { code: 'NO_BATCH_ID' })
  const manifest = await store.readManifest(batchId)
  if (!manifest) throw Object.assign(new Error(`No manifest of batch ${batchId}`), { code: 'NO_MANIFEST' })
  worker.manifestId = manifest.id
  // A message that was sent again has no trace of its own.
  const log = worker.log.child({ provider: manifest.provider, ...(traceparent ? {} : traceBindings(manifest.traceparent)) })
  const attempt = await beginAttempt(sql, manifest, name)
  if (!attempt) {
    log.info({ receives }, 'delivered again after its end: nothing to do')
    return
  }
  waits.begin(attempt.startedAt)
  const startedAt = performance.now()
  const onStep = stepTeller(log, metrics)
  if (attempt.attempt === 1) onStep('queue', Math.max(0, Date.now() - Date.parse(manifest.acceptedAt)), { receives })
  let done: RowsDone = { read: 0, expected: null, bytes: 0 }
  const progress = reportProgress(sql, attempt, () => done)
  let outcome: Outcome
  try {
    outcome = await applyBatch({ sql, store, limits, signal, onProgress: now => { done = now }, onStep }, manifest, attempt)
  } catch (error) {
    await progress.stop()
    await endAttempt(sql, attempt, 'failed', done.read, reasonOf(isByOperator(signal) ? signal.reason : error)).catch(() => {}) // the database may be what failed
    throw error
  }
  await progress.stop()
  const ms = performance.now() - startedAt
  log.info({ attempt: attempt.attempt, outcome, rows: done.read, ms: Math.round(ms) }, 'batch done')
  if (outcome === 'ended earlier') return
  metrics.count('freight_batches_finished_total', { outcome })
  metrics.observe('freight_batch_seconds', {}, ms / 1_000)
  metrics.count('freight_rows_total', {}, done.read)
  metrics.count('freight_row_bytes_total', {}, done.bytes)
}

/**
 * The message comes again, later each time. After its last receive it is released at once: SQS only moves it to the dead-letter queue
 * then, and the provider's next batch would wait for nothing.
 */
async function giveBack ({ sql, queue, log, giveUp, parked, maxReceives }: Worker, delivery: Delivery, reason: string): Promise<void> {
  const isLast = delivery.receives >= await maxReceives()
  const seconds = giveUp.aborted || isLast ? 0 : Math.round(backoffMs(delivery.receives, { firstMs: 2_000, maxMs: 600_000 }) / 1_000)
  if (delivery.batchId) await handBack(sql, delivery.batchId, reason).catch(error => log.warn({ err: error }, 'state of the batch not written'))
  try {
    await queue.release(delivery, seconds)
  } catch (error) {
    log.warn({ err: error }, 'message not released: it is redelivered after its visibility timeout')
    return
  }
  if (seconds === 0 || !delivery.batchId) return
  await parked.park(delivery, seconds).catch(error => log.warn({ err: error, seconds }, 'hidden message not written down: an operator cannot shorten its time'))
}
