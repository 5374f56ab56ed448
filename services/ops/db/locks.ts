import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { bounded, maxRows, readOnlyQuery, secondsSince, statementOf } from '../read-only.ts'
import { table } from '../table.ts'

type Wait = {
  pid: number, program: string | null, waits: number | null, lock: string | null
  blocker: number, blocking_program: string | null, state: string | null, transaction: number | null
  statement: string, blocking_statement: string | null
}

export const showLocks = command({
  name: 'db locks',
  summary: 'Shows which sessions wait for a lock, and which session each waits for.',
  details: 'At most 200 rows. The last lines name the sessions that block others and wait for none. `db cancel PID` cancels the statement of such a session.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    const { shown, note } = bounded(await readOnlyQuery(readWaits((await system()).readOnly())))
    if (shown.length === 0) return console.log('No session waits for a lock.')
    console.log(table(['pid', 'program', 'waits (s)', 'lock', 'blocked by', 'program', 'state', 'transaction (s)'],
      shown.map(row => [row.pid, row.program, row.waits, row.lock, row.blocker, row.blocking_program, row.state, row.transaction])) + note)
    const statements = new Map(shown.flatMap(row => [[row.blocker, row.blocking_statement], [row.pid, row.statement]] as const))
    console.log(`\n${table(['pid', 'statement'], [...statements].map(([pid, statement]) => [pid, statement]))}`)
    const waiting = new Set(shown.map(({ pid }) => pid))
    const roots = new Set(shown.map(({ blocker }) => blocker).filter(pid => !waiting.has(pid)))
    for (const pid of roots) console.log(`\nPID ${pid} blocks others and waits for no lock.`)
  },
})

async function readWaits (sql: Sql): Promise<Wait[]> {
  return await sql<Wait[]>`
    select waiting.pid, waiting.application_name as program, ${secondsSince(sql, 'lock.waitstart')} as waits,
      lock.mode || coalesce(' on ' || coalesce(lock.relation::regclass::text, lock.locktype), '') as lock,
      blocking.pid as blocker, blocker.application_name as blocking_program, blocker.state,
      ${secondsSince(sql, 'blocker.xact_start')} as transaction,
      ${statementOf(sql, 'waiting.query')} as statement, ${statementOf(sql, 'blocker.query')} as blocking_statement
    from pg_stat_activity as waiting
    cross join lateral (select distinct unnest(pg_blocking_pids(waiting.pid)) as pid) as blocking
    left join pg_stat_activity as blocker on blocker.pid = blocking.pid
    left join lateral (select * from pg_locks where pg_locks.pid = waiting.pid and not granted limit 1) as lock on true
    where waiting.datname = current_database() and waiting.wait_event_type = 'Lock'
    order by waits desc nulls last, waiting.pid, blocking.pid limit ${maxRows + 1}`
}
