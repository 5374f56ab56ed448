import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { actorOf, by, why } from '../options.ts'
import { findSession, outcomeOf, recordSignal, refusalOf, sendSignal } from './signal.ts'

/** The server's process ids are of the type integer. */
const maxPid = 2_147_483_647
/** Maximum wait until the statement has ended, in ms. */
const outcomeMs = 5_000

export const cancelSession = command({
  name: 'db cancel',
  summary: 'Cancels the statement of a session of this database, or ends the session with --terminate. The audit stores the action.',
  details: 'The server rolls back the transaction. A service that loses a statement or a session retries. `db activity` and `db locks` show PIDs.',
  operand: { value: 'PID', summary: 'The process id of the session' },
  options: { terminate: { type: 'boolean', summary: 'Ends the session: required for a session that is idle in a transaction' }, why, by },
  runs: 'task',
  async run ({ operands: [text = ''], values, system }) {
    const pid = Number(text)
    if (!/^[1-9]\d{0,9}$/.test(text) || pid > maxPid) throw new CommandError(`PID must be a number from 1 to ${maxPid}, not "${text}".`, 2)
    const signal = values.terminate ? 'terminate' : 'cancel'
    const sql = (await system()).sql()
    const [{ database }] = await sql<[{ database: string }]>`select current_database() as database`
    const session = await findSession(sql, pid)
    const refusal = refusalOf(session, pid, signal, database)
    if (refusal !== undefined || !session) throw new CommandError(`${refusal} Nothing was changed.`)

    const number = await recordSignal(sql, signal, session, await actorOf(values))
    const sent = await sendSignal(sql, signal, session, number).catch(error => {
      if ((error as { code?: string }).code !== '42501') throw error
      throw new CommandError(`PID ${pid} is a session of ${session.usename}, a superuser: this login has no privilege to end it. Nothing was changed.`)
    })
    if (!sent) throw new CommandError(`PID ${pid} no longer exists. Nothing was changed.`)
    console.log(`${signal === 'cancel' ? 'cancelled' : 'terminated'} PID ${pid} (${session.application_name}, ${session.usename}, ${session.state}): ${await outcomeOf(sql, signal, session, outcomeMs)}`)
    console.log(`statement: ${session.statement}`)
    console.log(`audit: session_signals, number ${number}`)
  },
})
