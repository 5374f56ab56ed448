import { withDeadline } from '../../lib/process/deadline.ts'
import { Problem } from '../../lib/http/problem.ts'

export type Compute = <T>(key: string, work: () => Promise<T>) => Promise<T>

/**
 * Returns a function that runs long computations, one at a time. Concurrent calls with the same key share one. A caller waits up to `limitMs`, and
 * then gets `effect-pending`: the computation continues.
 */
export function runOneAtATime (limitMs: number, runInBackground: (work: Promise<unknown>) => void): Compute {
  const running = new Map<string, Promise<unknown>>()
  let last: Promise<unknown> = Promise.resolve()

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    let result = running.get(key) as Promise<T> | undefined
    if (!result) {
      result = last.then(work).finally(() => running.delete(key))
      running.set(key, result)
      last = result.catch(() => {})
      runInBackground(last)
    }
    return await withDeadline(result, limitMs, () => new Problem('effect-pending', 'The effect is being computed; try again'))
  }
}
