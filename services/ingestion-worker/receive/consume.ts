import { setTimeout as wait } from 'node:timers/promises'
import type { Delivery } from '../../../lib/batch/queue.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'
import { processMessage, type Worker } from './process-message.ts'
import type { Protection } from './protection.ts'

export type ConsumeOptions = {
  /** Largest number of batches in flight. */
  concurrency: number
  /** Wait time of one receive (long polling), in seconds. */
  receiveSeconds: number
}

export type Consumer = {
  /**
   * Stops receiving. Resolves when the receives in flight have finished and their messages are released. Does not abort these receives:
   * SQS would hide a message that is sent to a closed connection for the full visibility timeout.
   */
  stopReceiving: () => Promise<unknown>
  /** Resolves when no batch is in flight after `stopReceiving`. */
  finished: Promise<unknown>
  /** Returns true if a batch is in flight. */
  isBusy: () => boolean
}

/** Receives and processes messages in `concurrency` slots until `stopReceiving`. */
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
    // During the receive the circuit may have opened, or the process may have begun to stop.
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
    isBusy: () => inFlight > 0,
    stopReceiving () {
      stopping.abort()
      return Promise.allSettled(receiving)
    },
  }
}
