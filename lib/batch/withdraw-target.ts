import type { Sql } from 'postgres'
import type { Commit } from '../postgres/transaction.ts'
import { isFinal, type State, type Withdrawal } from './batch.ts'
import { auditWithdrawal } from './end-unapplied.ts'
import { idempotencyRecord } from './idempotency-record.ts'
import { takeBackBatches } from './take-back-batches.ts'
import { markWithdrawalApplied, transitions } from './transitions.ts'

/** `already final`: another attempt has applied the withdrawal. A state: the target has ended in it and cannot be withdrawn. */
export type Withdrawn = 'withdrawn' | 'already final' | { refused: State }

/**
 * Takes the target of a withdrawal back, in whichever state it is, and ends the withdrawal. Commits the transaction if prices were taken back. The
 * caller holds the locks of both batches, and both have rows. `finish` runs before the commit.
 */
export async function withdrawTarget (
  tx: Sql, commit: Commit, withdrawal: Withdrawal, finish: () => Promise<unknown> = async () => {}
): Promise<Withdrawn> {
  const { id, target, actor } = withdrawal
  const batch = await readTarget(tx, target)
  const [own] = await tx<Array<{ state: State }>>`select state from batches where id = ${id} for update`
  if (!own || isFinal(own.state)) return 'already final'
  const isWithdrawn = batch.state === 'withdrawn'
  if (!isWithdrawn && !(transitions.withdraw.from as State[]).includes(batch.state)) return { refused: batch.state }
  const takenBack = isWithdrawn ? [] : await takeBackBatches(tx, [{ id: target, ...batch }], { why: actor.reason })
  await auditWithdrawal(tx, withdrawal)
  await markWithdrawalApplied(tx, id)
  await finish()
  if (takenBack.length > 0) await commit(idempotencyRecord(id, 0, takenBack))
  return 'withdrawn'
}

async function readTarget (tx: Sql, id: string): Promise<{ state: State, number: number, prices: number }> {
  const [batch] = await tx<Array<{ state: State, number: number, prices: number }>>`
    select state, number, case when state = 'applied' then row_count else 0 end as prices from batches where id = ${id} for update`
  return batch!
}
