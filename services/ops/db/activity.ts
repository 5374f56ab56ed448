import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { bounded, maxRows, readOnlyQuery, secondsSince, statementOf } from '../read-only.ts'
import { table } from '../table.ts'

type Count = { application_name: string, usename: string | null, state: string | null, sessions: number }
type Session = {
  pid: number, application_name: string, usename: string | null, client: string | null, state: string | null, waits_for: string | null
  transaction: number | null, statement_seconds: number | null, statement: string
}

export const showActivity = command({
  name: 'db activity',
  summary: 'Shows the sessions of the database: their number for each program, and then each session that is not idle, oldest transaction first.',
  details: 'At most 200 rows. A statement is cut at 200 characters and has no parameters. `db cancel PID` cancels a statement.',
  options: { all: { type: 'boolean', summary: 'Shows idle sessions too' } },
  runs: 'task',
  async run ({ values: { all }, system }) {
    const sql = (await system()).readOnly()
    const counts = bounded(await readOnlyQuery(countSessions(sql)))
    console.log(table(['program', 'login', 'state', 'sessions'], counts.shown.map(row => [row.application_name, row.usename, row.state, row.sessions])) + counts.note)
    const sessions = bounded(await readOnlyQuery(readSessions(sql, all)))
    console.log(sessions.shown.length === 0
      ? '\nEvery other session is idle.'
      : `\n${table(['pid', 'program', 'login', 'client', 'state', 'waits for', 'transaction (s)', 'statement (s)', 'statement'],
        sessions.shown.map(row => [row.pid, row.application_name, row.usename, row.client, row.state, row.waits_for, row.transaction, row.statement_seconds, row.statement]))}${sessions.note}`)
  },
})

async function countSessions (sql: Sql): Promise<Count[]> {
  return await sql<Count[]>`
    select coalesce(nullif(application_name, ''), backend_type) as application_name, usename, state, count(*) as sessions
    from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    group by 1, 2, 3 order by sessions desc, 1, 2, 3 limit ${maxRows + 1}`
}

async function readSessions (sql: Sql, all: boolean): Promise<Session[]> {
  return await sql<Session[]>`
    select pid, coalesce(nullif(application_name, ''), backend_type) as application_name, usename, host(client_addr) as client, state,
      case when state <> 'idle' then wait_event_type || ': ' || wait_event end as waits_for,
      ${secondsSince(sql, 'xact_start')} as transaction, ${secondsSince(sql, 'query_start')} as statement_seconds, ${statementOf(sql)} as statement
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and (${all} or state is distinct from 'idle')
    order by xact_start nulls last, query_start nulls last, pid limit ${maxRows + 1}`
}
