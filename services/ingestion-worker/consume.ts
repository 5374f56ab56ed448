import { setTimeout as wait } from 'node:timers/promises'
import type { Delivery } from '../batch/queue.ts'
import { backoffMs } from './backoff.ts'
import { deliver, type Worker } from './deliver.ts'

export type Consumer = {
  /** No more messages from now on; one that is on its way back is handed back. */
  stopReceiving: () => void
  /** Resolves when every slot is idle for good. */
  finished: Promise<unknown>
}

/** How long one receive waits for a message, in seconds: the longest that SQS allows, and the fewest empty answers. */
const receiveSeconds = 20

/** Starts `concurrency` slots, each with one batch in hand at most. */
export function consume (worker: Worker, concurrency: number): Consumer {
  const stopping = new AbortController()
  const slots = Array.from({ length: concurrency }, () => slot(worker, stopping.signal))
  return { stopReceiving: () => stopping.abort(), finished: Promise.all(slots) }
}

async function slot (worker: Worker, stopping: AbortSignal): Promise<void> {
  for (let failures = 0; !stopping.aborted;) {
    await Promise.race([worker.gate.opened(), aborted(stopping)])
    if (stopping.aborted) return
    let delivery: Delivery | null
    try {
      delivery = await worker.queue.receive(receiveSeconds, stopping)
      failures = 0
    } catch (error) {
      if (stopping.aborted) return
      failures++
      worker.log.warn({ err: error, failures }, 'receiving failed')
      await wait(backoffMs(failures, { maxMs: 5_000 }), undefined, { signal: stopping }).catch(() => {})
      continue
    }
    if (delivery) await deliver(worker, delivery)
  }
}

function aborted (signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
