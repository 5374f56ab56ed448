import type { Delivery, Queue } from '../../../lib/batch/queue.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import type { Log } from '../../../lib/process/log.ts'

export type HeartbeatOptions = { visibilitySeconds: number, maxSeconds: number }

export type Heartbeat = {
  /** After this no beat can come behind a release or a delete. */
  stop: () => Promise<void>
}

/**
 * Keeps a message hidden from other workers while it is worked on, for `maxSeconds` at most. When a beat fails the message
 * may come to another worker too: the lock and the marker see to it that only one of them has an effect. `onBeat` runs with each beat.
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
    const onBeatDone = onBeat().catch(() => {}) // the database may be away
    const extended = queue.extend(delivery, visibilitySeconds).then(() => metrics.count('freight_heartbeats_total', { result: 'extended' }), error => {
      metrics.count('freight_heartbeats_total', { result: 'failed' })
      log.warn({ err: error }, 'heartbeat failed')
    })
    beating = Promise.all([onBeatDone, extended])
  }, visibilitySeconds * 1_000 / 3)
  return {
    async stop () {
      clearInterval(timer)
      await beating
    },
  }
}
