import { setImmediate as nextIteration } from 'node:timers/promises'

/**
 * Asks once for all who want to know at the same time. Nobody gets the answer to a question that was put before they came: who
 * comes while one is under way waits for the next. A question is put when the event loop has read what lies in its sockets:
 * else, under load, who asks first would ask alone, and there would be a question for every few requests.
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
