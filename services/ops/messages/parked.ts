import type { Sql } from 'postgres'
import { isoTime } from '../../../lib/batch/records.ts'
import { command } from '../command.ts'
import { limit, readLimit } from '../options.ts'
import { printRows, readOnlyQuery } from '../read-only.ts'

type Parked = { batch_id: string, provider: string | null, state: string | null, parked_at: string, hidden_until: string }

export const parkedMessages = command({
  name: 'messages parked',
  summary: 'Shows the messages that a worker returned to SQS and that are hidden until their next delivery, in the order of delivery.',
  options: { limit },
  runs: 'task',
  async run ({ values, system }) {
    const max = readLimit(values.limit)
    printRows(await readOnlyQuery(readParked((await system()).readOnly(), max + 1)), {
      max,
      empty: 'There are no parked messages.',
      head: ['id', 'provider', 'state', 'parked', 'hidden until'],
      row: row => [row.batch_id, row.provider, row.state, row.parked_at, row.hidden_until],
    })
  },
})

async function readParked (sql: Sql, max: number): Promise<Parked[]> {
  return await sql<Parked[]>`
    select batch_id, provider, state, ${isoTime(sql, 'parked_at')}, ${isoTime(sql, 'hidden_until')}
    from parked_messages left join batches on id = batch_id
    order by parked_messages.hidden_until, batch_id limit ${max}`
}
