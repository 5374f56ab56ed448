import type { Sql } from 'postgres'

/** Makes a batch that has ended a dead letter: ten deliveries that fail would take minutes. */
export async function makeDeadLetter (sql: Sql, id: string): Promise<void> {
  await sql`update batches set state = 'dead_lettered', finished_at = null, dead_lettered_at = now(), reason = 'CONTRACT: made for the contract' where id = ${id}`
}
