import type { Sql } from 'postgres'
import type { Decision } from './store/decision.ts'
import { markChecked, markDiscarded } from './transitions.ts'

/** The time of now as a decision has it. */
export const decidedNow = (sql: Sql) => sql`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "decidedAt"`

/**
 * Writes to the row what the decision says, whoever wrote the decision and however long ago: a process that ended between the two is made up
 * for by the next one that reads the decision. Returns false, and writes nothing, where there is no row or the row is final already.
 */
export async function followDecision (tx: Sql, decision: Decision): Promise<boolean> {
  if (decision.state !== 'discarded') return await markChecked(tx, decision)
  if (!await markDiscarded(tx, decision)) return false
  const { name, reason, caller = null, task = null } = decision.actor
  await tx`
    insert into dead_letter_actions (batch_id, action, actor, caller, task, reason, acted_at)
    values (${decision.id}, 'discard', ${name}, ${caller}, ${task}, ${reason}, ${decision.decidedAt})`
  return true
}
