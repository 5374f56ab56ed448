import type { Sql } from 'postgres'
import { operatorReasonPrefix } from '../../../lib/batch/transitions.ts'

/** Reason of the abort when an operator dead-letters a batch in flight. */
export class DeadLetteredByOperator extends Error {
  readonly code = 'DEAD_LETTERED_BY_OPERATOR'
  constructor () {
    super('an operator has dead-lettered the batch')
  }
}

export async function isDeadLetteredByOperator (sql: Sql, batchId: string): Promise<boolean> {
  const [row] = await sql`select 1 from batches where id = ${batchId} and state = 'dead_lettered' and reason like ${`${operatorReasonPrefix}%`}`
  return row !== undefined
}
