import type { Sql } from 'postgres'
import { lastFailure } from '../../../lib/batch/attempts.ts'
import { command } from '../command.ts'
import { limit, provider, readLimit } from '../options.ts'
import { bounded, readOnlyQuery, secondsSince } from '../read-only.ts'
import { table } from '../table.ts'

type Provider = { provider: string, queued: number, processing: number, oldest: number }
type Waiting = {
  id: string, provider: string, state: string, age: number, attempts: number, rows_read: number | null, hidden: number | null, reason: string | null
}

export const waitingBatches = command({
  name: 'batches waiting',
  summary: 'Shows the batches that are queued or processing: their number for each provider, largest first, and then each batch, oldest first.',
  details: `"hidden" is the time until the message of a batch is delivered again. "reason" is why the last attempt failed; while a batch is held, its worker retries.
"behind ID" names the first batch of the same provider: the provider's other batches wait for it.`,
  options: { provider, limit: { ...limit, summary: 'Maximum number of rows of each table, 1 to 9999' } },
  runs: 'task',
  async run ({ values, system }) {
    const max = readLimit(values.limit)
    const sql = (await system()).readOnly()
    const providers = bounded(await readOnlyQuery(countByProvider(sql, values.provider, max + 1)), max)
    if (providers.shown.length === 0) return console.log('No batch is waiting.')
    console.log(table(['provider', 'queued', 'processing', 'oldest (s)'], providers.shown.map(row => [row.provider, row.queued, row.processing, row.oldest])) + providers.note)
    const batches = bounded(await readOnlyQuery(oldest(sql, values.provider, max + 1)), max)
    console.log(`\n${table(['id', 'provider', 'state', 'age (s)', 'attempts', 'rows read', 'hidden (s)', 'reason'],
      batches.shown.map(row => [row.id, row.provider, row.state, row.age, row.attempts, row.rows_read, row.hidden, row.reason]))}${batches.note}`)
  },
})

async function countByProvider (sql: Sql, provider: string | undefined, max: number): Promise<Provider[]> {
  return await sql<Provider[]>`
    select provider, count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'processing') as processing,
      max(${secondsSince(sql, 'accepted_at')}) as oldest
    from batches where state in ('queued', 'processing') ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
    group by provider order by count(*) desc, provider limit ${max}`
}

async function oldest (sql: Sql, provider: string | undefined, max: number): Promise<Waiting[]> {
  return await sql<Waiting[]>`
    with first as materialized (
      select distinct on (provider) provider as of_provider, id as first_id from batches where state in ('queued', 'processing')
      order by provider, (state = 'processing') desc, queued_at, id
    )
    select id, provider, state, ${secondsSince(sql, 'accepted_at')} as age,
      coalesce(case when state = 'queued' then reason end, ${lastFailure(sql, sql`id`)}, reason, -- of a held batch only the attempts have the reason
        case when state = 'queued' and id <> first_id then 'behind ' || left(first_id, 8) end) as reason,
      (select count(*)::int from batch_attempts where batch_id = id) as attempts,
      (select rows_read from batch_attempts where batch_id = id order by attempt desc limit 1) as rows_read,
      (select greatest(0, round(extract(epoch from hidden_until - clock_timestamp()))::int) from parked_messages where batch_id = id) as hidden
    from batches left join first on of_provider = provider
    where state in ('queued', 'processing') ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
    order by accepted_at, id limit ${max}`
}
