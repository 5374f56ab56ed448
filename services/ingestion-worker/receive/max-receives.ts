import type { Queue } from '../../../lib/batch/queue.ts'
import type { Log } from '../../../lib/process/log.ts'

/** Age from which the policy is read again, in milliseconds: an operator may change it. */
const maxAgeMs = 300_000
/** Taken where the queue's redrive policy cannot be read. */
const assumed = 10

/** Reads the receives that a message has from the queue's redrive policy, and again when that is five minutes ago or failed. Never rejects. */
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
      log.warn({ err: error, assumed }, 'the redrive policy of the queue cannot be read')
      return assumed
    }
  }
}
