import type { Sql } from 'postgres'
import type { Decision } from './store/decision.ts'
import { markChecked, markDiscarded } from './transitions.ts'

/** Returns a column `decidedAt`: the current time of the database in the format of decisions. */
export const decidedNow = (sql: Sql) => sql`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "decidedAt"`

/**
 * Copies the stored decision to the row of the batch. A process may crash after it has stored a decision and before it has updated the row.
 * Any process that reads the decision later then repairs the row. Returns false, and writes nothing, if the row is missing or already final.
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
