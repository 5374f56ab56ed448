import type { Sql } from 'postgres'

/** The members of a postgres.js query that this file uses (postgres 3.4.9, query.js). */
type Query = {
  handler: (query: Query) => void
  reject: (error: unknown) => void
  resolve: (result: unknown) => void
  /** The connection that has sent the query; null until then. */
  state: object | null
  cancelled: unknown
}

/**
 * Wraps a pool so that its connections forget a dead backend. postgres.js keeps two values of the dead backend for the next query
 * (postgres 3.4.9, connection.js; porsager/postgres#1215):
 *
 * - The server's last error, for example 57P01 or 25P04. postgres.js rejects the next query with it and never sends the query.
 *   This wrapper queues the query again. A query that was sent keeps its error, because it may have had an effect.
 * - The number of received rows. The next result begins with that many holes. This wrapper removes them.
 *
 * `begin` sends its BEGIN through `unsafe`, so the wrapper covers transactions, and COPY within them. `reserve` is refused: without
 * `fetch_types` it waits forever if its connection must be opened first, and blocks every later query.
 */
export function forgetDeadBackends (pool: Sql): Sql {
  const { unsafe } = pool
  Object.assign(pool, {
    unsafe: (...args: Parameters<typeof unsafe>) => guard(unsafe(...args)),
    reserve: async () => { throw new Error('reserve may wait for ever (postgres 3.4.9): use a transaction') },
  })
  return new Proxy(pool, {
    apply: (target, self, args) => guard(Reflect.apply(target as never, self, args)),
  })
}

/** Returns values that are not queries unchanged: an identifier, or a list of values. */
function guard<T> (value: T): T {
  const query = value as Query
  const { handler } = query
  if (typeof handler !== 'function') return value
  query.handler = () => {
    const { reject, resolve } = query
    query.resolve = result => resolve(closeHoles(result))
    query.reject = error => {
      if (!isFromEarlierQuery(query, error)) reject(error)
      // Runs after postgres.js has finished with the connection.
      else queueMicrotask(() => { if (!query.cancelled) handler(query) })
    }
    handler(query)
  }
  return value
}

/**
 * Returns true if an error belongs to an earlier query. postgres.js adds the text of a query to its error, and creates that text
 * when it sends the query. So an error that has a text belongs to another query if the rejected query was never sent.
 */
function isFromEarlierQuery (query: Query, error: unknown): boolean {
  return query.state === null && isFromServer(error) && error.query !== undefined
}

const isFromServer = (error: unknown): error is { query?: string } => (error as Error | null)?.name === 'PostgresError'

/** Removes the holes. `result` is an array of rows, or an array of such arrays for several statements. */
function closeHoles (result: unknown): unknown {
  if (!Array.isArray(result) || result.length === 0) return result
  if (Array.isArray(result[0])) closeHoles(result[0])
  else if (!(0 in result)) result.splice(0, result.findIndex((_, index) => index in result))
  return result
}
