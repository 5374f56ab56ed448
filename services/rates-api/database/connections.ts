import type { Sql } from 'postgres'
import { isConnectionLost } from '../../../lib/process/failures.ts'
import { Problem } from '../../../lib/http/problem.ts'

export type ConnectionLimits = {
  /** Connections, and so questions at once. */
  connections: number
  /** Questions that may wait for a connection. */
  maxWaiting: number
  /** Longest time from asking to the answer, and longest time of a statement in the database, in milliseconds. */
  limitMs: number
}

/** Throws `overloaded` at once when too many wait, `database-unavailable` after the time limit, and what the database throws. */
export type RunQuery = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
export type Connections = { query: RunQuery, close: () => Promise<void> }

/** Time for a cancelled statement to come back, in milliseconds. */
const cancelMs = 1_000
/** Pause before a connection that failed is made anew, in milliseconds. */
const pauseMs = 100

/**
 * Connections that answer one question at a time; few may wait for one, in order, and nobody for long. `connect` opens a pool
 * of one connection. The library's larger pools queue without bound, also behind slow queries, and do not get over every
 * broken link (postgres 3.4.9): after a reset they can lose a query, which then never ends, and a connection that is closed
 * with something unsent may never send again (porsager/postgres#1209, #1215). Here, one that failed is thrown away.
 */
export function openConnections (connect: () => Sql, { connections, maxWaiting, limitMs }: ConnectionLimits): Connections {
  const open = new Set<Sql>()
  const free = Array<Sql | null>(connections).fill(null) // null: yet to be made
  const waiting = new Set<() => void>()

  const query: RunQuery = question => new Promise((resolve, reject) => {
    if (free.length === 0 && waiting.size >= maxWaiting) throw createOverloadProblem()
    let sql: Sql | null = null
    let hasTimedOut = false
    let timer = setTimeout(onTimeout, limitMs)
    if (free.length > 0) start()
    else waiting.add(start)

    function start (): void {
      waiting.delete(start)
      sql = free.pop()!
      run().then(resolve, reject).finally(finish)
    }

    async function run () {
      for (let attempt = 1; ; attempt++) {
        if (!sql) open.add(sql = connect())
        try {
          return await question(sql)
        } catch (error) {
          if (!isConnectionLost(error)) throw error
          discard()
          if (hasTimedOut || attempt > 1) throw error // else once more: nothing is written here, and an old link may have been dead for long
        }
      }
    }

    /** The server cancels the statement at the same time; where nothing comes even then, the link is dead. */
    function onTimeout (): void {
      hasTimedOut = true
      reject(createTimeoutProblem(limitMs))
      if (!waiting.delete(start)) timer = setTimeout(discard, cancelMs).unref()
    }

    function discard (): void {
      if (!sql) return
      open.delete(sql)
      sql.end({ timeout: 0 }).catch(() => {})
      sql = null
    }

    function finish (): void {
      clearTimeout(timer)
      if (sql) release()
      else setTimeout(release, pauseMs).unref()
    }

    function release (): void {
      free.push(sql)
      const [next] = waiting
      next?.()
    }
  })

  return { query, close: async () => { await Promise.all([...open].map(sql => sql.end({ timeout: 4 }))) } }
}

export function createTimeoutProblem (limitMs: number): Problem {
  return new Problem('database-unavailable', `The database did not respond within ${limitMs} ms; try again`)
}

const createOverloadProblem = (): Problem => new Problem('overloaded', 'Too many requests wait for the database; try again')

/** The problems of a route that queries the database, for its documentation. */
export const databaseProblems: readonly Problem[] = [
  new Problem('database-unavailable', 'The database cannot be reached; try again'), createOverloadProblem(),
]
