import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { bounded, maxRows, readOnlyQuery } from '../read-only.ts'
import { table } from '../table.ts'

type Failed = { reason: string | null, attempts: number, batches: number, providers: number, last: string }
type Rejected = { provider: string, code: string | null, batches: number, last_id: string }

export const showFailures = command({
  name: 'batches failures',
  summary: 'Shows recent failures: failed attempts by reason, and rejected batches by provider and code of the first error.',
  details: 'At most 200 rows of each.',
  options: { hours: { type: 'string', value: 'N', summary: 'Period in hours before now, 1 to 168', default: '1' } },
  runs: 'task',
  async run ({ values, system }) {
    const hours = /^[1-9]\d{0,2}$/.test(values.hours) ? Number(values.hours) : 0
    if (hours < 1 || hours > 168) throw new CommandError('--hours must be a number from 1 to 168.', 2)
    const sql = (await system()).readOnly()
    const failed = bounded(await readOnlyQuery(failedAttempts(sql, hours)))
    console.log(failed.shown.length === 0
      ? 'No attempt failed.'
      : table(['attempts', 'batches', 'providers', 'last', 'reason'],
        failed.shown.map(row => [row.attempts, row.batches, row.providers, row.last, row.reason])) + failed.note)
    const rejected = bounded(await readOnlyQuery(rejectedBatches(sql, hours)))
    console.log(rejected.shown.length === 0
      ? '\nNo batch was rejected.'
      : `\n${table(['provider', 'rejected', 'first error', 'last batch'], rejected.shown.map(row => [row.provider, row.batches, row.code, row.last_id]))}${rejected.note}`)
  },
})

/** Finds attempts through batches that are unfinished, or became final or dead-lettered since: `batch_attempts` has no index on a time. */
async function failedAttempts (sql: Sql, hours: number): Promise<Failed[]> {
  const since = sql`now() - make_interval(hours => ${hours})`
  return await sql<Failed[]>`
    with recent as (
      select id, provider from batches where state in ('queued', 'processing')
      union select id, provider from batches where finished_at > ${since}
      union select id, provider from batches where state = 'dead_lettered' and dead_lettered_at > ${since}
    )
    select batch_attempts.reason, count(*) as attempts, count(distinct id) as batches, count(distinct provider) as providers,
      to_char(max(coalesce(batch_attempts.finished_at, batch_attempts.started_at)), 'YYYY-MM-DD HH24:MI:SS') as last
    from recent join batch_attempts on batch_id = id
    where outcome = 'failed' and batch_attempts.started_at > ${since}
    group by batch_attempts.reason order by attempts desc, last desc limit ${maxRows + 1}`
}

async function rejectedBatches (sql: Sql, hours: number): Promise<Rejected[]> {
  return await sql<Rejected[]>`
    select provider, first_errors -> 0 ->> 'code' as code, count(*) as batches, (array_agg(id order by finished_at desc))[1] as last_id
    from batches where state = 'rejected' and finished_at > now() - make_interval(hours => ${hours})
    group by 1, 2 order by batches desc, provider, code limit ${maxRows + 1}`
}
