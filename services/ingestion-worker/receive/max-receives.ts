import type { Queue } from '../../../lib/batch/queue.ts'
import type { Log } from '../../../lib/process/log.ts'

/** Age from which the policy is read again, in milliseconds: an operator may change it. */
const maxAgeMs = 300_000
/** Taken where the queue's redrive policy cannot be read. */
const assumed = 10

/** Reads the receives that a message has from the queue's redrive policy, and again when that is five minutes ago or failed. Never rejects. */
export function knownMaxReceives (queue: Pick<Queue, 'readMaxReceives'>, log: Log): () => Promise<number> {
  let known: Promise<number | null> | undefined
  let readAt = 0
  return async () => {
    if (performance.now() - readAt > maxAgeMs) known = undefined
    if (!known) readAt = performance.now()
    known ??= queue.readMaxReceives()
    try {
      return await known ?? Infinity
    } catch (error) {
      known = undefined
      log.warn({ err: error, assumed }, 'the redrive policy of the queue cannot be read')
      return assumed
    }
  }
}
