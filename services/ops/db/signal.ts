import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Actor } from '../../../lib/batch/actor.ts'
import { statementOf } from '../read-only.ts'

export type Signal = 'cancel' | 'terminate'

/** A backend of the server. The server may reuse a pid: `started` distinguishes the backends. */
export type Session = {
  pid: number, started: string, backend_type: string, datname: string | null, usename: string | null, application_name: string
  state: string | null, statement: string, mine: boolean
}

/** Finds the session with this pid; undefined if there is none. */
export async function findSession (sql: Sql, pid: number): Promise<Session | undefined> {
  const [found] = await sql<Session[]>`
    select pid, backend_start::text as started, backend_type, datname, usename, application_name, state,
      ${statementOf(sql)} as statement, pid = pg_backend_pid() as mine
    from pg_stat_activity where pid = ${pid}`
  return found
}

/** Returns why a session must not be signalled; undefined for a client's session of this database. */
export function refusalOf (session: Session | undefined, pid: number, signal: Signal, database: string): string | undefined {
  if (!session) return `No session has the pid ${pid}.`
  if (session.backend_type !== 'client backend') return `PID ${pid} is the server's own process (${session.backend_type}), not a client's session.`
  if (session.datname !== database) return `PID ${pid} is a session of the database ${session.datname}, not of ${database}.`
  if (session.mine) return `PID ${pid} is the session of this command.`
  if (signal === 'cancel' && session.state !== 'active') {
    return `PID ${pid} runs no statement (it is ${session.state}), so nothing can be cancelled. --terminate ends the session and its transaction.`
  }
}

/** Writes the row of the audit in its own transaction, before the signal: no signal is sent without a row. Returns the number of the row. */
export async function recordSignal (sql: Sql, signal: Signal, session: Session, actor: Actor): Promise<number> {
  const { pid, usename, application_name: program, state, statement } = session
  const [row] = await sql<[{ number: number }]>`
    insert into session_signals (signal, pid, usename, application_name, state, statement, actor, caller, task, reason)
    values (${signal}, ${pid}, ${usename}, ${program}, ${state}, ${statement}, ${actor.name}, ${actor.caller ?? null},
      ${actor.task ?? null}, ${actor.reason})
    returning number`
  return row.number
}

/**
 * Sends the signal, unless the pid belongs to another session by now. Then records in the audit whether it was sent. If the response
 * is lost or the record fails, the row keeps null: unknown.
 */
export async function sendSignal (sql: Sql, signal: Signal, { pid, started }: Session, number: number): Promise<boolean> {
  const send = signal === 'cancel' ? sql`pg_cancel_backend(pid)` : sql`pg_terminate_backend(pid)`
  const record = async (sent: boolean): Promise<void> => { await sql`update session_signals set sent = ${sent} where number = ${number}` }
  try {
    const [row] = await sql<Array<{ sent: boolean }>>`
      select ${send} as sent from pg_stat_activity where pid = ${pid} and backend_start::text = ${started} and datname = current_database()`
    const sent = row?.sent ?? false
    await record(sent)
    return sent
  } catch (error) {
    if ((error as { code?: string }).code === '42501') await record(false)
    throw error
  }
}

/** Waits up to `limitMs` until the session has ended or, after a cancel, runs no statement. Returns the session's state as a text. */
export async function outcomeOf (sql: Sql, signal: Signal, { pid, started }: Session, limitMs: number): Promise<string> {
  for (const endsAt = performance.now() + limitMs; ;) {
    const now = await findSession(sql, pid)
    if (now?.started !== started) return 'the session is closed'
    if (signal === 'cancel' && now.state !== 'active') return `the session is now ${now.state}`
    if (performance.now() > endsAt) return `the session is still ${now.state} after ${limitMs / 1_000} s`
    await wait(50)
  }
}
