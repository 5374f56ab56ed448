import { once } from 'node:events'
import type { Sql } from 'postgres'

export type Copy = {
  /** Resolves when more may come; rejects with the server's own error once it has refused. */
  write: (tuples: Buffer) => Promise<void>
  end: () => Promise<void>
  /** Ends it without effect, so that the transaction can be rolled back. */
  abort: () => Promise<void>
}

/**
 * COPY of binary tuples into `prices`. The one place where COPY is spoken, because of a fault of postgres.js
 * (porsager/postgres#1173): a COPY that the server refuses never settles by itself, so every wait here also listens for the
 * error, and the end is made sure of by a statement behind it. Once the stream has ended, nothing but the query that made it,
 * long resolved, is still told what the server says: so the error is taken from there. Otherwise a full disk would look like the
 * "transaction is aborted" of the next statement, which is no reason to wait.
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
