import type { Delivery, Queue } from '../../../lib/batch/queue.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import type { Log } from '../../../lib/process/log.ts'

export type HeartbeatOptions = { visibilitySeconds: number, maxSeconds: number }

export type Heartbeat = {
  /** Stops the heartbeat. Resolves when no heartbeat is in flight, so none can follow a release or a delete. */
  stop: () => Promise<void>
}

/**
 * Extends the visibility timeout of a message while its batch is processed, for at most `maxSeconds`. Calls `onBeat` with each heartbeat.
 * After a failed heartbeat another worker may receive the message too. The lock and the idempotency record then prevent a second effect.
 */
export function startHeartbeat (
  queue: Queue, delivery: Delivery, log: Log, metrics: Metrics, options: HeartbeatOptions, onBeat: () => Promise<unknown>
): Heartbeat {
  const { visibilitySeconds, maxSeconds } = options
  const startedAt = performance.now()
  let beating: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    if (performance.now() - startedAt > maxSeconds * 1_000) {
      log.error({ maxSeconds }, 'message released: maximum hold time reached')
      clearInterval(timer)
      return
    }
    const onBeatDone = onBeat().catch(() => {}) // the database may be unavailable
    beating = Promise.all([onBeatDone, extend()])
  }, visibilitySeconds * 1_000 / 3)

  async function extend (): Promise<void> {
    try {
      await queue.extend(delivery, visibilitySeconds)
      metrics.count('freight_heartbeats_total', { result: 'extended' })
    } catch (error) {
      metrics.count('freight_heartbeats_total', { result: 'failed' })
      log.warn({ err: error }, 'heartbeat failed')
    }
  }

  return {
    async stop () {
      clearInterval(timer)
      await beating
    },
  }
}
