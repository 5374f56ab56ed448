import { setTimeout as wait } from 'node:timers/promises'
import type { Delivery } from '../../../lib/batch/queue.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'
import { processMessage, type Worker } from './process-message.ts'
import type { Protection } from './protection.ts'

export type ConsumeOptions = {
  /** Batches in hand at most. */
  concurrency: number
  /** How long one receive waits for a message, in seconds. */
  receiveSeconds: number
}

export type Consumer = {
  /**
   * No more messages from now on. Resolves when the receives under way have ended, what they brought handed back. They are
   * not cut off: a message that is on its way to a closed link stays hidden for the whole visibility time.
   */
  stopReceiving: () => Promise<unknown>
  /** Resolves when nothing is in hand any more, after stopReceiving. */
  finished: Promise<unknown>
}

export function consume (worker: Worker & { protection: Protection }, { concurrency, receiveSeconds }: ConsumeOptions): Consumer {
  const { queue, breaker, protection, log, metrics, forceStop } = worker
  const stopping = new AbortController()
  const stopped = new Promise(resolve => stopping.signal.addEventListener('abort', resolve, { once: true }))
  const receiving = new Set<Promise<unknown>>()
  let inFlight = 0
  metrics.set('freight_batches_in_flight', {}, 0)

  async function runSlot (): Promise<void> {
    for (let failures = 0; ;) {
      await Promise.race([protection.receiveAllowed().then(() => breaker.untilClosed()), stopped])
      if (stopping.signal.aborted) return
      try {
        const delivery = await receive()
        failures = 0
        if (delivery) await processDelivery(delivery)
      } catch (error) {
        failures++
        metrics.count('freight_receives_total', { result: 'failed' })
        metrics.set('freight_worker_ready', {}, 0)
        log.warn({ err: error, failures }, 'receiving failed')
        await wait(backoffMs(failures, { maxMs: 5_000 }), undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  async function processDelivery (delivery: Delivery): Promise<void> {
    metrics.set('freight_batches_in_flight', {}, ++inFlight)
    const release = protection.acquire()
    try {
      await processMessage(worker, delivery)
    } finally {
      metrics.set('freight_batches_in_flight', {}, --inFlight)
      release()
    }
  }

  async function receive (): Promise<Delivery | null> {
    const receipt = receiveUnlessStopped()
    receiving.add(receipt)
    try {
      return await receipt
    } finally {
      receiving.delete(receipt)
    }
  }

  async function receiveUnlessStopped (): Promise<Delivery | null> {
    const delivery = await queue.receive(receiveSeconds, forceStop)
    // The gate may have been shut, or the process told to stop, while this was waiting.
    if (!delivery || (breaker.isClosed && !stopping.signal.aborted)) {
      metrics.count('freight_receives_total', { result: delivery ? 'message' : 'empty' })
      if (breaker.isClosed) metrics.set('freight_worker_ready', {}, 1)
      return delivery
    }
    metrics.count('freight_receives_total', { result: 'released' })
    await queue.release(delivery)
    return null
  }

  const finished = Promise.all(Array.from({ length: concurrency }, runSlot))
  return {
    finished,
    stopReceiving () {
      stopping.abort()
      return Promise.allSettled(receiving)
    },
  }
}
