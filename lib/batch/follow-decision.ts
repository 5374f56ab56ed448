import type { Sql } from 'postgres'
import type { Decision } from './store/decision.ts'

/** The time of now as a decision has it. */
export const decidedNow = (sql: Sql) => sql`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "decidedAt"`

/**
 * Writes to the row what the decision says, whoever wrote the decision and however long ago: a process that ended between the two is made up
 * for by the next one that reads the decision. Returns false, and writes nothing, where there is no row or the row is final already.
 */
export async function followDecision (tx: Sql, decision: Decision): Promise<boolean> {
  const { id, state, decidedAt } = decision
  if (decision.state !== 'discarded') {
    const { rows, errors, firstErrors, lastLineEnded, under } = decision
    const written = await tx`
      update batches set state = ${state}, finished_at = ${decidedAt}, row_count = ${rows}, error_count = ${errors},
        first_errors = ${tx.json(firstErrors as never)}, last_line_ended = ${lastLineEnded}, reason = null,
        checked_under = ${under && tx.json(under as never)}
      where id = ${id} and state in ('queued', 'processing', 'dead_lettered') returning 1`
    return written.length > 0
  }
  const written = await tx`
    update batches set state = ${state}, finished_at = ${decidedAt}
    where id = ${id} and state in ('queued', 'processing', 'dead_lettered') returning 1`
  if (written.length === 0) return false
  const { name, reason, caller = null, task = null } = decision.actor
  await tx`
    insert into dead_letter_actions (batch_id, action, actor, caller, task, reason, acted_at)
    values (${id}, 'discard', ${name}, ${caller}, ${task}, ${reason}, ${decidedAt})`
  return true
}
