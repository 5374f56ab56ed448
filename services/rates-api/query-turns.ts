import { Problem } from '../runtime/problem.ts'

export type TurnLimits = {
  /** Queries that run at once: as many as the pool has connections. */
  atOnce: number
  /** Queries that may wait for their turn. */
  maxWaiting: number
  /** Longest time from asking to the result, in milliseconds. */
  limitMs: number
}

/** Runs a query when its turn comes. Throws `overloaded` at once when too many wait, `database-unavailable` after the time limit. */
export type QueryTurns = <T>(query: () => Promise<T>) => Promise<T>

/**
 * The client library queues without bound and puts queries behind slow ones on the same connection. Here each has a
 * connection to itself, few wait, in order, and nobody waits for long. A query that is given up keeps its turn until the
 * database has really let go of it: the server cancels it at the same time limit.
 */
export function takeTurns ({ atOnce, maxWaiting, limitMs }: TurnLimits): QueryTurns {
  let running = 0
  const waiting = new Set<() => void>()

  function next (): void {
    running--
    const [first] = waiting
    first?.()
  }

  return query => new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(start)
      reject(new Problem('database-unavailable', `The database gave no answer within ${limitMs} ms; try again`))
    }, limitMs)
    function start (): void {
      waiting.delete(start)
      running++
      query().then(resolve, reject).finally(() => {
        clearTimeout(timer)
        next()
      })
    }
    if (running < atOnce) {
      start()
    } else if (waiting.size < maxWaiting) {
      waiting.add(start)
    } else {
      clearTimeout(timer)
      reject(new Problem('overloaded', 'Too many requests wait for the database; try again'))
    }
  })
}
