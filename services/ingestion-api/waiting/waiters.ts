import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { findEnded } from '../../../lib/batch/ended.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import type { Log } from '../../../lib/process/log.ts'
import { databaseTimeoutMs } from '../lookup.ts'

export type WaitersOptions = {
  sql: Sql
  log: Log
  metrics: Metrics
  /** Maximum number of requests that wait. */
  max: number
  /** Ends all waits. */
  shutdown: AbortSignal
}

export type Waiters = {
  /**
   * Waits until the batch is no longer in progress, for at most `limitMs` ms.
   * - `refused`: there was no wait, because there are too many waiters, the process shuts down, or the client has disconnected.
   * - `interrupted`: the process shuts down or the client disconnected before the wait was complete.
   */
  untilEnded: (id: string, limitMs: number, client: ServerResponse) => Promise<'complete' | 'interrupted' | 'refused'>
}
type Outcome = 'complete' | 'interrupted'

/** Time between two queries, in ms. */
const pollMs = 100

/**
 * Holds the requests that wait for the end of a batch. One query looks for the ends of all their batches, so that waiters take no
 * connections. There are no queries without waiters. While the database is unavailable, waiters wait until it has recovered.
 */
export function openWaiters ({ sql, log, metrics, max, shutdown }: WaitersOptions): Waiters {
  const waitersById = new Map<string, Set<(outcome: Outcome) => void>>()
  let total = 0
  let isPolling = false
  metrics.collect('freight_waiting_requests', () => [[{}, total]])
  shutdown.addEventListener('abort', () => {
    for (const id of waitersById.keys()) end(id, 'interrupted')
  })

  async function untilEnded (id: string, limitMs: number, client: ServerResponse): Promise<Outcome | 'refused'> {
    if (total >= max || shutdown.aborted || client.destroyed) return 'refused'
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const timer = setTimeout(resolve, limitMs, 'complete')
    const onClose = (): void => resolve('interrupted')
    client.once('close', onClose)
    const waiters = waitersById.get(id) ?? new Set()
    waitersById.set(id, waiters.add(resolve))
    total++
    if (!isPolling) poll()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      client.off('close', onClose)
      waiters.delete(resolve)
      if (waiters.size === 0) waitersById.delete(id)
      total--
    }
  }

  function end (id: string, outcome: Outcome): void {
    for (const resolve of waitersById.get(id) ?? []) resolve(outcome)
  }

  async function poll (): Promise<void> {
    isPolling = true
    let isFailing = false
    for (;;) {
      await pause(pollMs)
      if (total === 0) break
      try {
        for (const id of await withDeadline(findEnded(sql, [...waitersById.keys()]), databaseTimeoutMs)) end(id, 'complete')
        isFailing = false
      } catch (error) {
        if (!isFailing) log.warn({ err: error }, 'states of awaited batches not read: waiting until the database has recovered')
        isFailing = true
      }
    }
    isPolling = false
  }

  return { untilEnded }
}
