import type { Sql } from 'postgres'
import { isConnectionLost } from '../../../lib/process/failures.ts'
import { Problem } from '../../../lib/http/problem.ts'

export type ConnectionLimits = {
  /** Number of connections, and so of concurrent queries. */
  connections: number
  /** Maximum queries that wait for a connection. */
  maxWaiting: number
  /** Maximum time from the call to the result, and maximum duration of a statement in the database, in ms. */
  limitMs: number
}

/** Runs a query. Throws `overloaded` at once if too many queries wait, `database-unavailable` after the time limit, and the database's errors. */
export type RunQuery = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
export type Connections = { query: RunQuery, close: () => Promise<void> }

/** Time for a cancelled statement to return, in ms. */
const cancelMs = 1_000
/** Delay before a failed connection is replaced, in ms. */
const pauseMs = 100

/**
 * Opens connections that run one query at a time, with a limited queue in order and a time limit. `connect` opens a pool of one
 * connection.
 *
 * postgres.js' own larger pools queue without a limit, also behind slow queries, and do not recover from every broken connection
 * (postgres 3.4.9). After a reset they can lose a query, which then never settles. A connection that was closed with unsent data
 * may never send again (porsager/postgres#1209, #1215). Here, a failed connection is replaced.
 */
export function openConnections (connect: () => Sql, { connections, maxWaiting, limitMs }: ConnectionLimits): Connections {
  const open = new Set<Sql>()
  const free = Array<Sql | null>(connections).fill(null) // null: not opened yet
  const waiting = new Set<() => void>()

  const query: RunQuery = work => new Promise((resolve, reject) => {
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
          return await work(sql)
        } catch (error) {
          if (!isConnectionLost(error)) throw error
          discard()
          // Retries once: the query only reads, and an old connection may have been dead for long.
          if (hasTimedOut || attempt > 1) throw error
        }
      }
    }

    /** The server cancels the statement at the same time. If no response arrives even then, the connection is dead. */
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
