import type { Sql } from 'postgres'

/** Returns how many batches of the provider are queued or processing, withdrawals included, and which of `ids` have a row. */
export async function countUnfinished (sql: Sql, provider: string, ids: string[]): Promise<{ unfinished: number, recorded: string[] }> {
  const [row] = await sql<[{ unfinished: number, recorded: string[] }]>`
    select
      (select count(*) from batches where provider = ${provider} and state in ('queued', 'processing')) as unfinished,
      array(select id from batches where id = any (${ids}::text[])) as recorded`
  return row
}
