import type { Sql } from 'postgres'
import { byOperator } from '../../../lib/batch/dead-letters.ts'

/** The reason with which the work on a batch is cancelled that an operator has dead-lettered. */
export class EndedByOperator extends Error {
  readonly code = 'ENDED_BY_OPERATOR'
}

export async function isEndedByOperator (sql: Sql, batchId: string): Promise<boolean> {
  const [row] = await sql`select 1 from batches where id = ${batchId} and state = 'dead_lettered' and reason like ${`${byOperator}%`}`
  return row !== undefined
}
