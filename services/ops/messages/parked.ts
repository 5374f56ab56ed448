import type { Sql } from 'postgres'
import { isoTime } from '../../batch/records.ts'
import { command } from '../command.ts'
import { limit, readLimit } from '../options.ts'
import { bounded, reading } from '../reading.ts'
import { table } from '../table.ts'

type Parked = { batch_id: string, provider: string | null, state: string | null, parked_at: string, hidden_until: string }

export const parkedMessages = command({
  name: 'messages parked',
  summary: 'Shows the messages that a worker handed back and that are hidden until their next delivery, those that come first.',
  options: { limit },
  runs: 'task',
  async run ({ values, system }) {
    const most = readLimit(values.limit)
    const { shown, note } = bounded(await reading(readParked((await system()).readOnly(), most + 1)), most)
    console.log(shown.length === 0
      ? 'There are no parked messages.'
      : table(['id', 'provider', 'state', 'parked', 'hidden until'], shown.map(row => [row.batch_id, row.provider, row.state, row.parked_at, row.hidden_until])) + note)
  },
})

async function readParked (sql: Sql, most: number): Promise<Parked[]> {
  return await sql<Parked[]>`
    select batch_id, provider, state, ${isoTime(sql, 'parked_at')}, ${isoTime(sql, 'hidden_until')}
    from parked_messages left join batches on id = batch_id
    order by parked_messages.hidden_until, batch_id limit ${most}`
}
