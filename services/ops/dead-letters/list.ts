import { listDeadLetters as readDeadLetters } from '../../batch/dead-letters.ts'
import { command } from '../command.ts'
import { limit, provider, readLimit } from '../options.ts'
import { table } from '../table.ts'

export const listDeadLetters = command({
  name: 'dead-letters list',
  summary: 'Shows the batches that failed for good and wait for a decision, newest first.',
  options: { provider, limit },
  runs: 'task',
  async run ({ values: { provider, limit }, system }) {
    const found = await readDeadLetters((await system()).sql(), { provider, limit: readLimit(limit) })
    console.log(found.length === 0
      ? 'There are no dead letters.'
      : table(['id', 'provider', 'since', 'attempts', 'reason'],
        found.map(({ id, provider, dead_lettered_at: at, attempts, reason }) => [id, provider, at, attempts, reason])))
  },
})
