import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { actorOf, by, why } from '../options.ts'
import { findSession, outcomeOf, recordSignal, refusalOf, sendSignal } from './signal.ts'

/** How long the command waits for the statement's end, in milliseconds. */
const outcomeMs = 5_000

export const cancelSession = command({
  name: 'db cancel',
  summary: 'Cancels the statement that a session of this database runs, or ends the session with --terminate. The audit keeps it.',
  details: 'The server rolls back the transaction. A service that loses its statement or session tries again by itself. `db activity` and `db locks` show PIDs.',
  operand: { value: 'PID', summary: 'The process id of the session' },
  options: { terminate: { type: 'boolean', summary: 'Ends the session: needed where it is idle in a transaction' }, why, by },
  runs: 'task',
  async run ({ operands: [text = ''], values, system }) {
    const pid = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined
    if (pid === undefined) throw new CommandError(`PID is a number, not "${text}".`, 2)
    const signal = values.terminate ? 'terminate' : 'cancel'
    const sql = (await system()).sql()
    const [{ database }] = await sql<[{ database: string }]>`select current_database() as database`
    const session = await findSession(sql, pid)
    const refusal = refusalOf(session, pid, signal, database)
    if (refusal !== undefined || !session) throw new CommandError(`${refusal} Nothing was done.`)

    const number = await recordSignal(sql, signal, session, await actorOf(values))
    const sent = await sendSignal(sql, signal, session, number).catch(error => {
      if ((error as { code?: string }).code !== '42501') throw error
      throw new CommandError(`PID ${pid} is a session of ${session.usename}, a superuser: this login may not end it. Nothing was done.`)
    })
    if (!sent) throw new CommandError(`PID ${pid} no longer exists. Nothing was done.`)
    console.log(`${signal === 'cancel' ? 'cancelled' : 'terminated'} PID ${pid} (${session.application_name}, ${session.usename}, ${session.state}): ${await outcomeOf(sql, signal, session, outcomeMs)}`)
    console.log(`its statement: ${session.statement}`)
    console.log(`audit: session_signals, number ${number}`)
  },
})
