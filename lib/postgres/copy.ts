import { once } from 'node:events'
import { setImmediate as nextIteration } from 'node:timers/promises'
import type { PendingQuery, Row, Sql } from 'postgres'

/**
 * Sends `data` to the COPY ... FROM STDIN that `query` is, in the transaction `tx`. Throws the server's error. An error of `data` cancels the
 * COPY and is thrown.
 *
 * All COPY statements use this function, because postgres.js never settles a COPY that the server refuses (porsager/postgres#1173). Three
 * guards replace the missing result:
 *
 * - Each wait also listens for the error of the stream.
 * - A `select 1` behind the COPY ends the wait for the end.
 * - After the end of the stream, the driver gives the server's error only to `query.reject`, although the query is resolved already.
 *   `query.reject` is replaced to receive that error. Otherwise a full disk would be reported as 25P02 (transaction is aborted), an error that
 *   does not have the class `wait`.
 */
export async function copy (tx: Sql, query: PendingQuery<Row[]>, data: Iterable<Buffer>): Promise<void> {
  const stream = await query.writable()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  Object.assign(query, { reject: failed.reject })
  stream.on('error', failed.reject)
  try {
    for (const bytes of data) {
      if (stream.errored) throw stream.errored
      if (!stream.write(bytes)) await Promise.race([once(stream, 'drain').catch(() => failed.promise), failed.promise])
      // While the server discards data as fast as it comes, no write waits: without this the event loop would never read the server's error.
      await nextIteration()
    }
  } catch (error) {
    stream.destroy(new Error('COPY cancelled'))
    await failed.promise.catch(() => {})
    throw error
  }
  stream.end()
  await nextIteration()
  await Promise.race([tx`select 1`, failed.promise])
}
