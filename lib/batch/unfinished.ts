import type { Sql } from 'postgres'

/** Returns the number of a provider's batches that are queued or processing, and those of `ids` that have a row. */
export async function countUnfinished (sql: Sql, provider: string, ids: string[]): Promise<{ unfinished: number, recorded: string[] }> {
  const [row] = await sql<[{ unfinished: number, recorded: string[] }]>`
    select
      (select count(*) from batches where provider = ${provider} and state in ('queued', 'processing')) as unfinished,
      array(select id from batches where id = any (${ids}::text[])) as recorded`
  return row
}
