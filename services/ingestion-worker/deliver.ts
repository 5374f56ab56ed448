import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { traceBindings } from '../batch/batch.ts'
import type { Delivery, Queue } from '../batch/queue.ts'
import type { Store } from '../batch/store.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { dropLinks } from '../runtime/database.ts'
import { classify, isReadOnly, reasonOf } from '../runtime/failures.ts'
import type { Log } from '../runtime/log.ts'
import { applyBatch } from './apply/apply.ts'
import type { Outcome } from './apply/outcome.ts'
import type { BatchLimits } from './apply/rules.ts'
import { stepTeller } from './apply/steps.ts'
import { beginAttempt, endAttempt, handBack, reportProgress, type RowsDone } from './attempt.ts'
import { backoffMs } from '../runtime/backoff.ts'
import type { Gate } from './gate.ts'
import { startHeartbeat, type HeartbeatOptions } from './heartbeat.ts'

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
  /** Aborted when the time for finishing is over. */
  giveUp: AbortSignal
}

/** Works on one delivery until it is done with: applied or rejected and deleted, or handed back. Never throws. */
export async function deliver (all: Worker, delivery: Delivery): Promise<void> {
  const { queue, metrics, gate, giveUp } = all
  const log = all.log.child({ batchId: delivery.batchId, ...traceBindings(delivery.traceparent) })
  const worker = { ...all, log }
  const heartbeat = startHeartbeat(queue, delivery, log, metrics, worker.heartbeat)
  const heldUntil = performance.now() + worker.heartbeat.maxSeconds * 1_000
  try {
    for (let tries = 1; ; tries++) {
      try {
        await work(worker, delivery)
        await heartbeat.stop()
        await queue.remove(delivery)
        return
      } catch (error) {
        const failure = classify(error)
        const held = failure === 'wait' && !giveUp.aborted && performance.now() < heldUntil
        log[held ? 'warn' : 'error']({ err: error, receives: delivery.receives, tries, held }, 'batch failed')
        metrics.count('freight_failures_total', { class: failure })
        if (!held) {
          await heartbeat.stop()
          await giveBack(worker, delivery, reasonOf(error))
          return
        }
        if (isReadOnly(error)) dropLinks(worker.sql)
        gate.shut(reasonOf(error))
        await wait(backoffMs(tries), undefined, { signal: giveUp }).catch(() => {})
        await gate.opened()
      }
    }
  } finally {
    await heartbeat.stop()
  }
}

/** One attempt: from the manifest to the commit. */
async function work (worker: Worker, { batchId, traceparent, receives }: Delivery): Promise<void> {
  const { name, sql, store, metrics, limits, giveUp } = worker
  const manifest = batchId === '' ? null : await store.readManifest(batchId)
  if (!manifest) throw Object.assign(new Error(`No manifest of batch ${batchId}`), { code: 'NO_MANIFEST' })
  // A message that was sent again has no trace of its own.
  const log = worker.log.child({ provider: manifest.provider, ...(traceparent ? {} : traceBindings(manifest.traceparent)) })
  const attempt = await beginAttempt(sql, manifest, name)
  if (!attempt) {
    log.info({ receives }, 'delivered again after its end: nothing to do')
    return
  }
  const startedAt = performance.now()
  const onStep = stepTeller(log, metrics)
  if (attempt.attempt === 1) onStep('queue', Math.max(0, Date.now() - Date.parse(manifest.acceptedAt)), { receives })
  let done: RowsDone = { read: 0, expected: null, bytes: 0 }
  const progress = reportProgress(sql, attempt, () => done)
  let outcome: Outcome
  try {
    outcome = await applyBatch({ sql, store, limits, signal: giveUp, onProgress: now => { done = now }, onStep }, manifest, attempt)
  } catch (error) {
    await progress.stop()
    await endAttempt(sql, attempt, 'failed', done.read, reasonOf(error)).catch(() => {}) // the database may be what failed
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

/** The message comes again, later each time; after its tenth delivery SQS moves it to the dead-letter queue. */
async function giveBack ({ sql, queue, log, giveUp }: Worker, delivery: Delivery, reason: string): Promise<void> {
  const seconds = giveUp.aborted ? 0 : Math.round(backoffMs(delivery.receives, { firstMs: 2_000, maxMs: 600_000 }) / 1_000)
  if (delivery.batchId) await handBack(sql, delivery.batchId, reason).catch(error => log.warn({ err: error }, 'state of the batch not written'))
  await queue.release(delivery, seconds).catch(error => log.warn({ err: error }, 'message not released: it comes when its time is over'))
}
