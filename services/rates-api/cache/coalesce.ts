import { setImmediate as nextIteration } from 'node:timers/promises'

/**
 * Coalesces concurrent calls into one query. A caller never gets the result of a query that began before its call: while a query
 * runs, callers wait for the next one. A query starts after the event loop has read its sockets. Otherwise, under load, the first
 * caller would query alone, and there would be one query for every few requests.
 */
export function coalesce<T> (call: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined
  let next: Promise<T> | undefined

  async function run (): Promise<T> {
    await running
    await nextIteration()
    next = undefined
    const result = call()
    running = result.catch(() => {})
    return await result
  }

  return () => {
    next ??= run()
    return next
  }
}
