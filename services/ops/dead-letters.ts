import { userInfo } from 'node:os'
import { actOn, auditOf, listDeadLetters, type Action } from '../batch/dead-letters.ts'
import { readRecord } from '../batch/records.ts'
import { CommandError, readArguments, wrongUsage, type Command } from './command.ts'
import type { System } from './system.ts'
import { table } from './table.ts'

const usage = `dead-letters list [--provider NAME] [--limit N]
dead-letters show ID
dead-letters redrive ID … --why TEXT [--by NAME]
dead-letters discard ID … --why TEXT [--by NAME]
    Batches that failed for good: send them back to the queue, last in their provider's order, or give them up.
    Who did it and why is kept. Doing it twice does it once.`

export const deadLetters: Command = {
  usage,
  async run (args, system) {
    const { verb, operands, values } = readArguments(usage, args, {
      provider: { type: 'string' }, limit: { type: 'string', default: '50' }, why: { type: 'string' }, by: { type: 'string' },
    })
    if (verb === 'list' && operands.length === 0) return await list(await system(), values.provider, readLimit(values.limit))
    if (verb === 'show' && operands.length === 1) return await show(await system(), operands[0]!)
    if ((verb === 'redrive' || verb === 'discard') && operands.length > 0) {
      if (!values.why) throw wrongUsage(usage, '--why is missing: the audit keeps the reason')
      return await act(await system(), verb, operands, { name: values.by ?? userInfo().username, reason: values.why })
    }
    throw wrongUsage(usage)
  },
}

async function list (system: System, provider: string | undefined, limit: number): Promise<void> {
  const found = await listDeadLetters(system.sql(), { provider, limit })
  console.log(found.length === 0
    ? 'There are no dead letters.'
    : table(['id', 'provider', 'since', 'attempts', 'reason'], found.map(({ id, provider, dead_lettered_at: at, attempts, reason }) => [id, provider, at, attempts, reason])))
}

async function show (system: System, id: string): Promise<void> {
  const batch = await readRecord(system.sql(), id)
  if (!batch) throw new CommandError(`There is no batch ${id}`)
  console.log(JSON.stringify({ ...batch, actions: await auditOf(system.sql(), id) }, null, 2))
}

const refusals: Record<Action, string> = {
  redrive: 'it was no dead letter', discard: 'it was no dead letter', dead_letter: 'it was neither queued nor being processed',
}

const absences: Record<Action, string> = {
  redrive: 'unknown', discard: 'unknown',
  dead_letter: 'no row: no batch has this id, or it was accepted while the database was unavailable. A worker writes its row at the first receive: repeat the command then',
}

export async function act (system: System, action: Action, ids: string[], actor: { name: string, reason: string }): Promise<void> {
  let absent = 0
  for (const id of ids) {
    const result = await actOn(system.sql(), system.queue(), id, action, actor)
    if (!result) absent++
    console.log(`${id}  ${result ? `${result.state}${result.changed ? '' : ` (${refusals[action]}: nothing done)`}` : absences[action]}`)
  }
  if (absent > 0) throw new CommandError(`${absent} of ${ids.length} batches have no row`)
}

export function readLimit (text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw wrongUsage(usage, '--limit is a number from 1 to 9999')
  return Number(text)
}
