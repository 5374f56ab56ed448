import type { Sql } from 'postgres'
import type { OpenState, Withdrawal } from './batch.ts'
import { markWithdrawalApplied, markWithdrawn } from './transitions.ts'

/**
 * Ends a batch that was never applied, and its withdrawal. Returns false, and changes nothing, if the batch is in none of the states. The row of the
 * withdrawal exists. An attempt that is in flight for the batch cannot commit afterwards: it finds another state.
 */
export async function endUnapplied (tx: Sql, withdrawal: Withdrawal, from: readonly OpenState[]): Promise<boolean> {
  if (!await markWithdrawn(tx, withdrawal.target, { why: withdrawal.actor.reason }, from)) return false
  await auditWithdrawal(tx, withdrawal)
  await markWithdrawalApplied(tx, withdrawal.id)
  return true
}

/** Records who has withdrawn a batch, at the time of the request. */
export async function auditWithdrawal (tx: Sql, { target, acceptedAt, actor }: Withdrawal): Promise<void> {
  const { name, reason, caller = null, task = null } = actor
  await tx`
    insert into dead_letter_actions (batch_id, action, actor, caller, task, reason, acted_at)
    values (${target}, 'withdraw', ${name}, ${caller}, ${task}, ${reason}, ${acceptedAt})`
}
