import { setImmediate as nextIteration } from 'node:timers/promises'
import type { Sql } from 'postgres'

/**
 * `sql.begin` that is safe to lose its link. The library then rejects at once while `work` may still be waiting for something
 * else; and whatever that does later, its `rollback` above all, it would send over the same connection, made anew: into the
 * transaction that has come after it, or, where there is none yet, to its own death (`null.write`, uncaught). Here nothing of
 * `work` reaches the database once the outcome is known.
 */
export async function transaction<T> (sql: Sql, work: (tx: Sql) => Promise<T>): Promise<T> {
  let finished = false
  const outcome = sql.begin(tx => new Promise<T>((resolve, reject) => {
    // The end of a link is told after its last error, in a later phase of the event loop: it counts before the work's own end.
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

/** Refuses queries when the transaction is over. */
function guardTransaction (tx: Sql, isFinished: () => boolean): Sql {
  return new Proxy(tx, {
    apply (target, self, args: unknown[]) {
      const isQuery = Array.isArray(args[0]) && 'raw' in args[0]
      if (isQuery && isFinished()) throw Object.assign(new Error('the transaction is already finished'), { code: 'CONNECTION_CLOSED' })
      return Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args)
    },
  })
}
