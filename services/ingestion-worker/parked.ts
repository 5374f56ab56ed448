import type { Sql } from 'postgres'
import type { Delivery, Queue } from '../batch/queue.ts'
import type { Log } from '../runtime/log.ts'

export type Parked = {
  /** The message was handed back and is hidden for so many seconds. */
  park: (delivery: Delivery, seconds: number) => void
  stop: () => Promise<void>
}

/** Messages watched at once; beyond that the oldest is left to its visibility timeout. */
const maxParked = 1_000

/**
 * Deletes messages that were handed back and are hidden still, once an operator has ended their batches: the provider's next batch does
 * not wait for their time to be over. A worker that ends before leaves that to the visibility timeout.
 */
export function watchParked (sql: Sql, queue: Queue, log: Log, everyMs: number): Parked {
  const parked = new Map<string, { delivery: Delivery, until: number }>()
  let looking: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => { looking = look().catch(() => {}) }, everyMs)

  async function look (): Promise<void> {
    for (const [id, { until }] of parked) if (until < performance.now()) parked.delete(id)
    if (parked.size === 0) return
    const ended = await sql<Array<{ id: string }>>`
      select id from batches where id = any(${[...parked.keys()]}::text[]) and state not in ('queued', 'processing')`
    for (const { id } of ended) {
      const message = parked.get(id)
      parked.delete(id)
      if (!message) continue
      await queue.remove(message.delivery)
      log.info({ batchId: id }, 'message deleted: its batch has ended')
    }
  }

  return {
    park (delivery, seconds) {
      parked.delete(delivery.batchId)
      if (parked.size >= maxParked) parked.delete(parked.keys().next().value!)
      parked.set(delivery.batchId, { delivery, until: performance.now() + seconds * 1_000 })
    },
    async stop () {
      clearInterval(timer)
      await looking
    },
  }
}
