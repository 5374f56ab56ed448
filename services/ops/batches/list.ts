import { states } from '../../../lib/batch/batch.ts'
import { listRecords } from '../../../lib/batch/records.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { limit, provider, readLimit } from '../options.ts'
import { readOnlyQuery } from '../read-only.ts'
import { table } from '../table.ts'

export const listBatches = command({
  name: 'batches list',
  summary: 'Shows the batches of a provider, newest first.',
  options: {
    provider: { ...provider, required: true },
    state: { type: 'string', value: 'STATE', summary: `Only batches in this state: ${states.join(', ')}` },
    limit,
  },
  runs: 'task',
  async run ({ values: { provider, state, limit }, system }) {
    const listed = states.find(known => known === state)
    if (state !== undefined && listed === undefined) throw new CommandError(`--state must be one of ${states.join(', ')}.`, 2)
    const found = await readOnlyQuery(listRecords((await system()).readOnly(), { provider, state: listed, limit: readLimit(limit) }))
    console.log(found.length === 0
      ? 'There are no such batches.'
      : table(['id', 'state', 'accepted', 'rows', 'errors'],
        found.map(({ id, state, accepted_at: at, row_count: rows, error_count: errors }) => [id, state, at, rows, errors])))
  },
})
