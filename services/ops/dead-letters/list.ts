import { listDeadLetters as readDeadLetters } from '../../../lib/batch/dead-letters.ts'
import { expiryOf } from '../../../lib/batch/store/payload-expiry.ts'
import { command } from '../command.ts'
import { limit, provider, readLimit } from '../options.ts'
import { readOnlyQuery } from '../read-only.ts'
import { table } from '../table.ts'

export const listDeadLetters = command({
  name: 'dead-letters list',
  summary: 'Shows the dead-lettered batches, which wait for an operator\'s decision, newest first, and the day on which each payload is deleted.',
  options: { provider, limit },
  runs: 'task',
  async run ({ values: { provider, limit }, system }) {
    const { readOnly, payloadKeepDays } = await system()
    const found = await readOnlyQuery(readDeadLetters(readOnly(), { provider, limit: readLimit(limit) }))
    const keepDays = payloadKeepDays()
    console.log(found.length === 0
      ? 'There are no dead letters.'
      : table(['id', 'provider', 'since', 'attempts', 'payload until', 'reason'],
        found.map(({ id, provider, dead_lettered_at: at, attempts, payload_stored_at: storedAt, reason }) =>
          [id, provider, at, attempts, expiryOf(storedAt, keepDays)?.slice(0, 10) ?? null, reason])))
  },
})
