import type { Sql } from 'postgres'
import { isInProgress, states } from './batch.ts'

const inProgress = states.filter(isInProgress)

/** Returns those of `ids` whose batches are no longer in progress: they are final, or an operator decides. */
export async function findEnded (sql: Sql, ids: string[]): Promise<string[]> {
  const rows = await sql<Array<{ id: string }>>`
    select id from batches where id = any (${ids}::text[]) and state not in ${sql(inProgress)}`
  return rows.map(({ id }) => id)
}
