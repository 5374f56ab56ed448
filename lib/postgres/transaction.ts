import { setImmediate as nextIteration } from 'node:timers/promises'
import type { Sql } from 'postgres'

/**
 * Runs `sql.begin`, and stays safe if the connection is lost. postgres.js then rejects at once, while `work` may still wait for
 * something else. Later queries of `work`, or the `rollback` after it, would use the same connection object after its reconnect.
 * They would reach the next transaction, or crash the process if there is none yet (`null.write`, uncaught). This function lets no
 * query of `work` reach the database after the outcome is known.
 */
export async function transaction<T> (sql: Sql, work: (tx: Sql) => Promise<T>): Promise<T> {
  let finished = false
  const outcome = sql.begin(tx => new Promise<T>((resolve, reject) => {
    // A closed connection is reported in a later phase of the event loop than its last error. If the connection is lost, that error is the
    // outcome, not the result of `work`.
    const unlessFinished = async (settle: () => void): Promise<void> => {
      await nextIteration()
      await nextIteration()
      if (!finished) settle()
    }
    work(guardTransaction(tx as unknown as Sql, () => finished))
      .then(value => unlessFinished(() => resolve(value)), error => unlessFinished(() => reject(error)))
  }))
  try {
    return await outcome as T
  } finally {
    finished = true
  }
}

/** Refuses queries after the transaction has finished. */
function guardTransaction (tx: Sql, isFinished: () => boolean): Sql {
  return new Proxy(tx, {
    apply (target, self, args: unknown[]) {
      const isQuery = Array.isArray(args[0]) && 'raw' in args[0]
      if (isQuery && isFinished()) throw Object.assign(new Error('the transaction is already finished'), { code: 'CONNECTION_CLOSED' })
      return Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args)
    },
  })
}
