import { once } from 'node:events'
import type { Sql } from 'postgres'

export type Copy = {
  /** Resolves when more tuples may be written. Rejects with the error of the server after the server has refused the COPY. */
  write: (tuples: Buffer) => Promise<void>
  end: () => Promise<void>
  /** Cancels the COPY, so that the transaction can be rolled back. */
  abort: () => Promise<void>
}

/**
 * Opens a COPY of binary tuples into `prices`. All use of COPY is in this file because of a fault of postgres.js (porsager/postgres#1173):
 * - A COPY that the server refuses never settles. So every wait here also waits for the error, and a statement after the COPY confirms its end.
 * - After the end of the stream postgres.js reports an error of the server only to the query that opened the stream. That query has already
 *   resolved, so its `reject` is replaced. Otherwise a full disk would surface as "transaction is aborted" of the next statement, and the
 *   worker would not wait for the disk.
 */
export async function copyPrices (tx: Sql): Promise<Copy> {
  const query = tx`copy prices (orig_code, dest_code, day, price, batch_number) from stdin (format binary)`
  const stream = await query.writable()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  Object.assign(query, { reject: failed.reject })
  stream.on('error', failed.reject)
  return {
    async write (tuples) {
      if (stream.errored) throw stream.errored
      if (!stream.write(tuples)) await Promise.race([once(stream, 'drain').catch(() => failed.promise), failed.promise])
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
