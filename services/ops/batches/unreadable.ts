import type { Sql } from 'postgres'
import { isoTime } from '../../../lib/batch/records.ts'
import { command } from '../command.ts'
import { limit, readLimit } from '../options.ts'
import { printRows, readOnlyQuery } from '../read-only.ts'

type Unreadable = { batch_id: string, provider: string, failed_at: string, held_since: string | null, reason: string }

export const unreadableBatches = command({
  name: 'batches unreadable',
  summary: 'Shows the batches whose manifest or payload in the store differs from what was accepted, held batches first.',
  details: 'A batch without a time under "held since" was dead-lettered.',
  options: { limit },
  runs: 'task',
  async run ({ values, system }) {
    const max = readLimit(values.limit)
    printRows(await readOnlyQuery(readUnreadable((await system()).readOnly(), max + 1)), {
      max,
      empty: 'There are no unreadable batches.',
      head: ['id', 'provider', 'failed', 'held since', 'reason'],
      row: row => [row.batch_id, row.provider, row.failed_at, row.held_since, row.reason],
    })
  },
})

async function readUnreadable (sql: Sql, max: number): Promise<Unreadable[]> {
  return await sql<Unreadable[]>`
    select batch_id, provider, ${isoTime(sql, 'failed_at')}, ${isoTime(sql, 'held_since')}, reason
    from unreadable_batches order by unreadable_batches.held_since nulls last, unreadable_batches.failed_at desc, batch_id limit ${max}`
}
