import { once } from 'node:events'
import type { PendingQuery, Row, Sql } from 'postgres'

export type Copy = {
  /** Resolves when the server takes more data. Rejects with the server's error if the server has refused the data. */
  write: (data: Buffer) => Promise<void>
  /** Resolves when the server has taken all data. Rejects with the server's error. */
  end: () => Promise<void>
  /** Cancels the COPY, so that the transaction can be rolled back. */
  abort: () => Promise<void>
}

/**
 * Starts the COPY ... FROM STDIN that `query` is, in the transaction `tx`. All COPY statements use this function, because postgres.js never
 * settles a COPY that the server refuses (porsager/postgres#1173). Three guards replace the missing result:
 *
 * - Each wait also listens for the error of the stream.
 * - A `select 1` behind the COPY ends the wait for the end.
 * - After the end of the stream, the driver gives the server's error only to `query.reject`, although the query is resolved already.
 *   `query.reject` is replaced to receive that error. Otherwise a full disk would be reported as 25P02 (transaction is aborted), an error that
 *   does not have the class `wait`.
 */
export async function startCopy (tx: Sql, query: PendingQuery<Row[]>): Promise<Copy> {
  const stream = await query.writable()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  Object.assign(query, { reject: failed.reject })
  stream.on('error', failed.reject)
  return {
    async write (data) {
      if (stream.errored) throw stream.errored
      if (!stream.write(data)) await Promise.race([once(stream, 'drain').catch(() => failed.promise), failed.promise])
    },
    async end () {
      stream.end()
      await new Promise(resolve => setImmediate(resolve))
      await Promise.race([tx`select 1`, failed.promise])
    },
    async abort () {
      stream.destroy(new Error('COPY cancelled'))
      await failed.promise.catch(() => {})
    },
  }
}
