import type { Queue } from '../../../lib/batch/queue.ts'
import type { Log } from '../../../lib/process/log.ts'

/** Age at which the cached policy expires, in milliseconds. An operator may change the policy. */
const maxAgeMs = 300_000
/** Receives assumed while the redrive policy of the queue cannot be read. */
const assumed = 10

/**
 * Returns a function that resolves to the receives after which SQS dead-letters a message; Infinity without a redrive policy.
 * Caches the redrive policy for five minutes, and reads it again after a failure. Never rejects.
 */
export function cacheMaxReceives (queue: Pick<Queue, 'readMaxReceives'>, log: Log): () => Promise<number> {
  let cached: Promise<number | null> | undefined
  let readAt = 0
  return async () => {
    if (performance.now() - readAt > maxAgeMs) cached = undefined
    if (!cached) readAt = performance.now()
    cached ??= queue.readMaxReceives()
    try {
      return await cached ?? Infinity
    } catch (error) {
      cached = undefined
      log.warn({ err: error, assumed }, 'redrive policy of the queue cannot be read')
      return assumed
    }
  }
}
