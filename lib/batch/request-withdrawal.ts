import type { Sql } from 'postgres'
import { withDeadline } from '../process/deadline.ts'
import type { Log } from '../process/log.ts'
import { transaction } from '../postgres/transaction.ts'
import { accept } from './accept.ts'
import type { Actor } from './actor.ts'
import type { Manifest, Withdrawal } from './batch.ts'
import { endUnapplied } from './end-unapplied.ts'
import type { Queue } from './queue.ts'
import { recordAccepted } from './records.ts'
import type { Store } from './store/store.ts'
import { createWithdrawal } from './withdrawal.ts'

export type WithdrawalRequest = { store: Store, queue: Queue, sql: Sql, log: Log }

const databaseTimeoutMs = 3_000

/**
 * Accepts the withdrawal of a batch, as {@link accept} accepts a batch, and ends a batch at once that no worker has. Needs no database: without it a
 * worker does all of it. A repeated request finds the first withdrawal.
 *
 * Throws `store-unavailable` if nothing was accepted, and `queue-unavailable` if only the message is not sent.
 */
export async function requestWithdrawal (
  { store, queue, sql, log }: WithdrawalRequest, target: Manifest, actor: Actor, traceparent?: string
): Promise<Withdrawal> {
  const { manifest: withdrawal, pending } = await accept(store, queue, createWithdrawal(target, actor, traceparent))
  const { id } = withdrawal
  if (pending) await store.deletePending(id).catch(error => log.warn({ err: error, batchId: id }, 'pending record not deleted: left to the sweeper'))
  await withDeadline(endIfQueued(sql, target, withdrawal), databaseTimeoutMs)
    .catch(error => log.warn({ err: error, batchId: target.id }, 'batch row not written: the withdrawal is left to the worker'))
  return withdrawal
}

/** Ends a batch that waits for a worker or a person. The worker finds its withdrawal applied. */
async function endIfQueued (sql: Sql, target: Manifest, withdrawal: Withdrawal): Promise<void> {
  await recordAccepted(sql, target)
  await recordAccepted(sql, withdrawal)
  await transaction(sql, tx => endUnapplied(tx, withdrawal, ['queued', 'held', 'dead_lettered']))
}
