import type { Sql } from 'postgres'

/** What is used here of the library's queries (postgres 3.4.9, query.js). */
type Query = {
  handler: (query: Query) => void
  reject: (error: unknown) => void
  resolve: (result: unknown) => void
  /** The connection that the query was written to; null until then. */
  state: object | null
  cancelled: unknown
}

/**
 * A pool whose connections forget their dead backend. The library keeps two things of it for the next query (postgres 3.4.9,
 * connection.js; porsager/postgres#1215):
 *
 * - the server's last error, 57P01 or 25P04 for example: the next query is rejected with it and never sent. Here it is queued
 *   again. A query that was sent keeps its error, since it may have had an effect;
 * - the number of rows that had come: the next result begins with as many holes. Here they are taken out.
 *
 * `begin` sends its BEGIN through `unsafe`, so this covers transactions, and COPY in them. `reserve` is refused: without
 * `fetch_types` it waits for ever when its connection has to be opened, and with it every query behind it.
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

/** Leaves what is no query as it is: a name, or a list of values. */
function guard<T> (value: T): T {
  const query = value as Query
  const { handler } = query
  if (typeof handler !== 'function') return value
  query.handler = () => {
    const { reject, resolve } = query
    query.resolve = result => resolve(closeHoles(result))
    query.reject = error => {
      if (!isFromEarlierQuery(query, error)) reject(error)
      // After the library's own turn: the connection is free by then.
      else queueMicrotask(() => { if (!query.cancelled) handler(query) })
    }
    handler(query)
  }
  return value
}

/**
 * Whether an error belongs to a query before this one. The library writes the text of a query on its error, and makes that text
 * when it sends the query. So an error with a text, given to a query that was not sent, was another's first.
 */
function isFromEarlierQuery (query: Query, error: unknown): boolean {
  return query.state === null && isFromServer(error) && error.query !== undefined
}

const isFromServer = (error: unknown): error is { query?: string } => (error as Error | null)?.name === 'PostgresError'

/** `result` is an array of rows, or of such arrays where there were several statements. */
function closeHoles (result: unknown): unknown {
  if (!Array.isArray(result) || result.length === 0) return result
  if (Array.isArray(result[0])) closeHoles(result[0])
  else if (!(0 in result)) result.splice(0, result.findIndex((_, index) => index in result))
  return result
}
