import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Delivery, Queue } from '../batch/queue.ts'
import type { Store } from '../batch/store.ts'
import { dropLinks } from '../runtime/database.ts'
import { classify, isReadOnly, reasonOf } from '../runtime/failures.ts'
import type { Log } from '../runtime/log.ts'
import { applyBatch } from './apply/apply.ts'
import type { Outcome } from './apply/outcome.ts'
import type { BatchLimits } from './apply/rules.ts'
import { beginAttempt, endAttempt, handBack, reportProgress, type RowsDone } from './attempt.ts'
import { backoffMs } from './backoff.ts'
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
  limits: BatchLimits
  heartbeat: HeartbeatOptions
  /** Aborted when the time for finishing is over. */
  giveUp: AbortSignal
}

/** Works on one delivery until it is done with: applied or rejected and deleted, or handed back. Never throws. */
export async function deliver (worker: Worker, delivery: Delivery): Promise<void> {
  const { queue, log, gate, giveUp } = worker
  const heartbeat = startHeartbeat(queue, delivery, log, worker.heartbeat)
  const heldUntil = performance.now() + worker.heartbeat.maxSeconds * 1_000
  try {
    for (let tries = 1; ; tries++) {
      try {
        await work(worker, delivery)
        await heartbeat.stop()
        await queue.remove(delivery)
        return
      } catch (error) {
        const held = classify(error) === 'wait' && !giveUp.aborted && performance.now() < heldUntil
        log[held ? 'warn' : 'error']({ err: error, batchId: delivery.batchId, receives: delivery.receives, tries, held }, 'batch failed')
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
async function work ({ name, sql, store, log, limits, giveUp }: Worker, { batchId }: Delivery): Promise<void> {
  const manifest = batchId === '' ? null : await store.readManifest(batchId)
  if (!manifest) throw Object.assign(new Error(`No manifest of batch ${batchId}`), { code: 'NO_MANIFEST' })
  const attempt = await beginAttempt(sql, manifest, name)
  if (!attempt) {
    log.info({ batchId }, 'delivered again after its end: nothing to do')
    return
  }
  const startedAt = performance.now()
  let done: RowsDone = { read: 0, expected: null }
  const progress = reportProgress(sql, attempt, () => done)
  let outcome: Outcome
  try {
    outcome = await applyBatch({ sql, store, limits, signal: giveUp, onProgress: now => { done = now } }, manifest, attempt)
  } catch (error) {
    await progress.stop()
    await endAttempt(sql, attempt, 'failed', done.read, reasonOf(error)).catch(() => {}) // the database may be what failed
    throw error
  }
  await progress.stop()
  log.info({ batchId, provider: manifest.provider, attempt: attempt.attempt, outcome, rows: done.read, ms: Math.round(performance.now() - startedAt) }, 'batch done')
}

/** The message comes again, later each time; after its tenth delivery SQS moves it to the dead-letter queue. */
async function giveBack ({ sql, queue, log, giveUp }: Worker, delivery: Delivery, reason: string): Promise<void> {
  const seconds = giveUp.aborted ? 0 : Math.round(backoffMs(delivery.receives, { firstMs: 2_000, maxMs: 600_000 }) / 1_000)
  if (delivery.batchId) await handBack(sql, delivery.batchId, reason).catch(error => log.warn({ err: error }, 'state of the batch not written'))
  await queue.release(delivery, seconds).catch(error => log.warn({ err: error }, 'message not released: it comes when its time is over'))
}
