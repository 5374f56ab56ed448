import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { submitFile } from './send-file.ts'

export const submitBatch = command({
  name: 'batches submit',
  summary: 'Sends a file through the ingestion API and waits for the outcome.',
  details: 'The provider is that of the key in API_KEY. The exit code is 1 unless the batch is applied or validated.',
  operand: { value: 'FILE', summary: 'A file whose name ends in .csv, .ndjson or .json, followed by .gz if it is compressed' },
  options: {
    key: { type: 'string', value: 'NAME', summary: 'The Idempotency-Key; without a key the content identifies the batch' },
    'dry-run': { type: 'boolean', summary: 'Validates the file and applies nothing' },
    replaces: { type: 'string', value: 'IDS', summary: 'Batches that this one takes back: ids separated by commas, or previous with --series' },
    series: { type: 'string', value: 'NAME', summary: 'The Batch-Series: your name of a series of batches' },
    rows: { type: 'string', value: 'N', summary: 'The number of rows in the file; a file with another number is rejected' },
  },
  runs: 'terminal',
  async run ({ operands: [file = ''], values: { key, rows, replaces, series, ...values }, system }) {
    if (rows !== undefined && !/^[1-9]\d{0,9}$/.test(rows)) throw new CommandError('--rows must be a number from 1.', 2)
    const { variable } = await system()
    await submitFile(file, { url: variable('INGESTION_API_URL'), apiKey: variable('API_KEY'), key, dryRun: values['dry-run'], rows, replaces, series })
  },
})
