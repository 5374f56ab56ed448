import type { Sql } from 'postgres'
import { withDeadline } from '../process/deadline.ts'
import type { Log } from '../process/log.ts'
import { transaction } from '../postgres/transaction.ts'
import { Problem } from '../http/problem.ts'
import { accept, type Acceptance } from './accept.ts'
import type { Actor } from './actor.ts'
import type { Manifest, Withdrawal } from './batch.ts'
import { endUnapplied } from './end-unapplied.ts'
import type { Queue } from './queue.ts'
import { recordDecided } from './record-decided.ts'
import { recordAccepted } from './records.ts'
import type { Store } from './store/store.ts'
import { withdrawReplaced } from './withdraw-replaced.ts'
import { createWithdrawal } from './withdrawal.ts'

export type WithdrawalRequest = { store: Store, queue: Queue, sql: Sql, log: Log }

const databaseTimeoutMs = 3_000

/**
 * Accepts the withdrawal of a batch, as {@link accept} accepts a batch, and ends a batch at once that no worker has. Needs no database: without it a
 * worker does all of it. A repeated request finds the first withdrawal. `isRecorded` is false if the database was unavailable: the row of the batch
 * has a state of before.
 *
 * Throws `store-unavailable` if nothing was accepted, and `queue-unavailable` if only the message is not sent.
 */
export async function requestWithdrawal (
  { store, queue, sql, log }: WithdrawalRequest, target: Manifest, actor: Actor, traceparent?: string
): Promise<{ withdrawal: Withdrawal, isRecorded: boolean }> {
  const { manifest: withdrawal, pending } = await acceptWithdrawal(store, queue, createWithdrawal(target, actor, traceparent))
  const { id } = withdrawal
  await withDeadline(withdrawReplaced(sql, store, target, actor), databaseTimeoutMs)
    .catch(error => log.warn({ err: error, batchId: target.id }, 'batches that the target has replaced are not noted as withdrawn'))
  const isRecorded = await withDeadline(endIfQueued(sql, store, target, withdrawal), databaseTimeoutMs).then(() => true, (error: unknown) => {
    log.warn({ err: error, batchId: target.id }, 'batch row not written: the withdrawal is left to the sweeper and the worker')
    return false
  })
  // Until the row is written, only the pending record lets the sweeper write it.
  if (pending && isRecorded) {
    await store.deletePending(id).catch(error => log.warn({ err: error, batchId: id }, 'pending record not deleted: left to the sweeper'))
  }
  return { withdrawal, isRecorded }
}

/** Accepts the withdrawal. The problems name the target, which the client knows. */
async function acceptWithdrawal (store: Store, queue: Queue, withdrawal: Withdrawal): Promise<Acceptance<Withdrawal>> {
  return await accept(store, queue, withdrawal).catch(cause => {
    if (!(cause instanceof Problem)) throw cause
    const { target } = withdrawal
    throw cause.code === 'queue-unavailable'
      ? new Problem('queue-unavailable', `The withdrawal of batch ${target} is stored and will be queued within minutes. Repeating the request is safe`,
        { members: { id: target }, headers: { location: `/batches/${target}` }, cause })
      : new Problem('store-unavailable', `Batch ${target} is not withdrawn; repeat the request`, { cause })
  })
}

/** Ends a batch that waits for a worker or a person. The worker finds its withdrawal applied. */
async function endIfQueued (sql: Sql, store: Store, target: Manifest, withdrawal: Withdrawal): Promise<void> {
  await recordDecided(sql, store, target)
  await recordAccepted(sql, withdrawal)
  await transaction(sql, tx => endUnapplied(tx, withdrawal, ['queued', 'held', 'dead_lettered']))
}
