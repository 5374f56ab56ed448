import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { traceBindings } from '../../../lib/batch/batch.ts'
import type { Delivery, Queue } from '../../../lib/batch/queue.ts'
import { recordAccepted } from '../../../lib/batch/records.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { deadLetterBatch } from '../../../lib/batch/transitions.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { closeReadOnlyConnections } from '../../../lib/postgres/database.ts'
import { classify } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'
import type { CircuitBreaker } from '../receive/circuit-breaker.ts'
import { deadLetterUnreadable, maxBodyChars } from '../receive/unreadable.ts'

export type Recorder = {
  sql: Sql
  store: Store
  /** The dead-letter queue. */
  deadLetters: Queue
  breaker: CircuitBreaker
  log: Log
  metrics: Metrics
  /** Wait time of one receive (long polling), in seconds. */
  receiveSeconds: number
}

/**
 * Moves messages of the dead-letter queue to `batches` until `stopping` is aborted. Operators can list, search and redrive rows, but not
 * messages of a queue. While the database is unavailable the messages stay in the queue.
 */
export async function recordDeadLetters (recorder: Recorder, stopping: AbortSignal, forceStop: AbortSignal): Promise<void> {
  const { deadLetters, breaker, log, receiveSeconds } = recorder
  const stopped = new Promise(resolve => stopping.addEventListener('abort', resolve, { once: true }))
  for (let failures = 0; ;) {
    await Promise.race([breaker.untilClosed(), stopped])
    if (stopping.aborted) return
    try {
      const delivery = await deadLetters.receive(receiveSeconds, forceStop)
      if (delivery) await record(recorder, delivery)
      failures = 0
    } catch (error) {
      if (stopping.aborted) return
      failures++
      log.warn({ err: error, failures }, 'dead letter not recorded: message stays in the dead-letter queue')
      closeReadOnlyConnections(recorder.sql, error)
      if (classify(error) === 'wait') breaker.trip('dead letters cannot be recorded')
      await wait(backoffMs(failures), undefined, { signal: stopping }).catch(() => {})
    }
  }
}

async function record ({ sql, store, deadLetters, log, metrics }: Recorder, delivery: Delivery): Promise<void> {
  const { batchId } = delivery
  const manifest = batchId === ''
    ? null
    : await store.readManifest(batchId).catch((error: unknown) => {
      if (classify(error) === 'corrupt') return null
      throw error
    })
  if (!manifest) {
    const reason = 'NO_MANIFEST: the message is a dead letter without a manifest that can be read'
    const { outcome, provider } = await deadLetterUnreadable(sql, delivery, reason)
    if (outcome === 'dead_lettered') metrics.count('freight_batches_finished_total', { outcome })
    if (outcome === 'stray') metrics.count('freight_stray_messages_total', {})
    log.error({ batchId, provider, outcome, body: delivery.body.slice(0, maxBodyChars) }, 'dead letter without a readable manifest')
  } else {
    await recordAccepted(sql, manifest)
    const batch = await deadLetterBatch(sql, batchId)
    if (batch) {
      metrics.count('freight_batches_finished_total', { outcome: 'dead_lettered' })
      log.error({ batchId, ...traceBindings(manifest.traceparent), provider: manifest.provider, reason: batch.reason }, 'batch dead-lettered')
    }
  }
  await deadLetters.remove(delivery)
}
