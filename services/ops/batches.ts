import { userInfo } from 'node:os'
import { states } from '../batch/batch.ts'
import { listRecords, readRecord } from '../batch/records.ts'
import { CommandError, readArguments, wrongUsage, type Command } from './command.ts'
import { act, readLimit } from './dead-letters.ts'
import { submitFile } from './submit.ts'
import { table } from './table.ts'

const usage = `batches list --provider NAME [--state STATE] [--limit N]
batches show ID
batches dead-letter ID … --why TEXT [--by NAME]
batches submit FILE [--key NAME] [--dry-run] [--rows N]
    list shows the batches of a provider, show one batch with its attempts.
    dead-letter ends a batch that is queued or being processed. Its worker cancels it at the next heartbeat and deletes its message.
    Then the provider's next batch is processed. dead-letters redrive sends the ended batch back to the queue.
    submit sends a file (.csv, .ndjson or .json, with .gz behind it if compressed) through the ingestion API. The provider is the
    one whose key is in API_KEY. submit waits for the outcome. It exits with 1 unless the batch was applied or validated.
    --rows N: the file has N rows; with another number it is rejected.`

export const batches: Command = {
  usage,
  async run (args, system) {
    const { verb, operands, values } = readArguments(usage, args, {
      provider: { type: 'string' }, state: { type: 'string' }, limit: { type: 'string', default: '50' },
      key: { type: 'string' }, 'dry-run': { type: 'boolean', default: false }, rows: { type: 'string' }, why: { type: 'string' }, by: { type: 'string' },
    })
    if (verb === 'list' && operands.length === 0 && values.provider) {
      if (values.state && !states.some(state => state === values.state)) throw wrongUsage(usage, `--state is one of ${states.join(', ')}`)
      const { provider, state, limit } = values
      const found = await listRecords((await system()).sql(), { provider, state, limit: readLimit(limit) })
      console.log(found.length === 0
        ? 'There are no such batches.'
        : table(['id', 'state', 'accepted', 'rows', 'errors'],
          found.map(({ id, state, accepted_at: at, row_count: rows, error_count: errors }) => [id, state, at, rows, errors])))
    } else if (verb === 'show' && operands.length === 1) {
      const batch = await readRecord((await system()).sql(), operands[0]!)
      if (!batch) throw new CommandError(`There is no batch ${operands[0]}`)
      console.log(JSON.stringify(batch, null, 2))
    } else if (verb === 'dead-letter' && operands.length > 0) {
      if (!values.why) throw wrongUsage(usage, '--why is missing: the audit keeps the reason')
      await act(await system(), 'dead_letter', operands, { name: values.by ?? userInfo().username, reason: values.why })
    } else if (verb === 'submit' && operands.length === 1) {
      const { variable } = await system()
      await submitFile(operands[0]!, { url: variable('INGESTION_API_URL'), apiKey: variable('API_KEY'), key: values.key, dryRun: values['dry-run'], rows: values.rows })
    } else {
      throw wrongUsage(usage)
    }
  },
}
