import type { Sql } from 'postgres'
import { markLinks } from '../runtime/database.ts'
import { Problem } from '../runtime/problem.ts'

export type TurnLimits = {
  /** Queries that run at once: as many as the pool has connections. */
  atOnce: number
  /** Queries that may wait for their turn. */
  maxWaiting: number
  /** Longest time from asking to the result, and longest time of a statement in the database, in milliseconds. */
  limitMs: number
}

/** Runs a query when its turn comes. Throws `overloaded` at once when too many wait, `database-unavailable` after the time limit. */
export type TakeTurn = <T>(query: () => Promise<T>) => Promise<T>

/**
 * The client library queues without bound, and behind slow queries of the same connection. Here each query has a
 * connection to itself, few wait, in order, and nobody for long. A query that is given up keeps its turn until the
 * database has let go of it, which its statement timeout sees to; where nothing comes even then, the link is dead and cut.
 */
export function takeTurns (sql: Sql, { atOnce, maxWaiting, limitMs }: TurnLimits): TakeTurn {
  let running = 0
  const waiting = new Set<() => void>()

  return query => new Promise((resolve, reject) => {
    if (running >= atOnce && waiting.size >= maxWaiting) throw new Problem('overloaded', 'Too many requests wait for the database; try again')
    let timer = setTimeout(late, limitMs)
    if (running < atOnce) start()
    else waiting.add(start)

    function start (): void {
      waiting.delete(start)
      running++
      query().then(resolve, reject).finally(end)
    }

    function late (): void {
      reject(new Problem('database-unavailable', `The database gave no answer within ${limitMs} ms; try again`))
      if (!waiting.delete(start)) timer = setTimeout(markLinks(sql), limitMs).unref()
    }

    function end (): void {
      clearTimeout(timer)
      running--
      const [next] = waiting
      next?.()
    }
  })
}
