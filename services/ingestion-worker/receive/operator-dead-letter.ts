import type { Sql } from 'postgres'
import { operatorReasonPrefix } from '../../../lib/batch/transitions.ts'

/** The reason with which the work on a batch is cancelled that an operator has dead-lettered. */
export class DeadLetteredByOperator extends Error {
  readonly code = 'DEAD_LETTERED_BY_OPERATOR'
}

export async function isDeadLetteredByOperator (sql: Sql, batchId: string): Promise<boolean> {
  const [row] = await sql`select 1 from batches where id = ${batchId} and state = 'dead_lettered' and reason like ${`${operatorReasonPrefix}%`}`
  return row !== undefined
}
