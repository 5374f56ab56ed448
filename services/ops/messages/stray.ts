import type { Sql } from 'postgres'
import { isoTime } from '../../../lib/batch/records.ts'
import { command } from '../command.ts'
import { limit, readLimit } from '../options.ts'
import { printRows, readOnlyQuery } from '../read-only.ts'

type Stray = { message_group: string, reason: string, messages: number, last_at: string, body: string }

export const strayMessages = command({
  name: 'messages stray',
  summary: 'Shows the messages that named no known batch and were removed from the queue, newest first. They are stored for 90 days.',
  details: '"body" is the message\'s body as a JSON string, at most 1,000 characters. The group is the provider.',
  options: { limit },
  runs: 'task',
  async run ({ values, system }) {
    const max = readLimit(values.limit)
    printRows(await readOnlyQuery(readStray((await system()).readOnly(), max + 1)), {
      max,
      empty: 'There are no stray messages.',
      head: ['group', 'messages', 'last', 'reason', 'body'],
      row: row => [row.message_group, row.messages, row.last_at, row.reason, JSON.stringify(row.body)],
    })
  },
})

async function readStray (sql: Sql, max: number): Promise<Stray[]> {
  return await sql<Stray[]>`
    select message_group, reason, messages, ${isoTime(sql, 'last_at')}, body
    from stray_messages order by stray_messages.last_at desc, sha256 limit ${max}`
}
