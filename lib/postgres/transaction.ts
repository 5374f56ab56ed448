import { setImmediate as nextIteration } from 'node:timers/promises'
import type { Sql } from 'postgres'

/**
 * Sends `statements` and COMMIT in one message: a client that dies cannot leave the transaction open behind them. `work` must send no query
 * afterwards. Throws, and changes nothing, outside the transaction: COMMIT AND CHAIN is refused there.
 */
export type Commit = (statements: string) => Promise<void>

/**
 * Runs `sql.begin`, and stays safe if the connection is lost. postgres.js then rejects at once, while `work` may still wait for
 * something else. Later queries of `work`, or the `rollback` after it, would use the same connection object after its reconnect.
 * They would reach the next transaction, or crash the process if there is none yet (`null.write`, uncaught). This function lets no
 * query of `work` reach the database after the outcome is known.
 *
 * Commits after `work`, unless `work` has called `commit`. `mode` follows BEGIN, for example `isolation level repeatable read read only`.
 */
export async function transaction<T> (sql: Sql, work: (tx: Sql, commit: Commit) => Promise<T>, mode = ''): Promise<T> {
  let finished = false
  let isCommitted = false
  const committed = Promise.withResolvers<T>()
  const outcome = sql.begin(mode, tx => new Promise<T>((resolve, reject) => {
    // A closed connection is reported in a later phase of the event loop than its last error. If the connection is lost, that error is the
    // outcome, not the result of `work`.
    const unlessFinished = async (settle: () => void): Promise<void> => {
      await nextIteration()
      await nextIteration()
      if (!finished) settle()
    }
    const commit: Commit = async statements => {
      refuseIf(finished)
      await tx.unsafe(`${statements}; commit and chain`)
      isCommitted = true
    }
    work(guardTransaction(tx as unknown as Sql, () => finished || isCommitted), commit).then(value => {
      if (isCommitted) committed.resolve(value) // postgres.js still ends the empty transaction of the chain. No caller waits for that.
      return unlessFinished(() => resolve(value))
    }, error => unlessFinished(() => reject(error)))
  })) as Promise<T>
  const finish = (): void => { finished = true }
  outcome.then(finish, finish)
  return await Promise.race([outcome, committed.promise])
}

/** Refuses queries after the transaction has finished. */
function guardTransaction (tx: Sql, isFinished: () => boolean): Sql {
  return new Proxy(tx, {
    apply (target, self, args: unknown[]) {
      const isQuery = Array.isArray(args[0]) && 'raw' in args[0]
      refuseIf(isQuery && isFinished())
      return Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args)
    },
  })
}

function refuseIf (finished: boolean): void {
  if (finished) throw Object.assign(new Error('the transaction is already finished'), { code: 'CONNECTION_CLOSED' })
}
