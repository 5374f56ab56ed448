import { command } from '../command.ts'
import { submitFile } from './send-file.ts'

export const submitBatch = command({
  name: 'batches submit',
  summary: 'Sends a file through the ingestion API and waits for the outcome.',
  details: 'The provider is the one whose key is in API_KEY. The exit code is 1 unless the batch was applied or validated.',
  operand: { value: 'FILE', summary: 'A file whose name ends in .csv, .ndjson or .json, with .gz behind it if it is compressed' },
  options: {
    key: { type: 'string', value: 'NAME', summary: 'The Idempotency-Key; without it the content names the batch' },
    'dry-run': { type: 'boolean', summary: 'Checks the file and applies nothing' },
    rows: { type: 'string', value: 'N', summary: 'The file has N rows; with another number it is rejected' },
  },
  runs: 'terminal',
  async run ({ operands: [file = ''], values: { key, rows, ...values }, system }) {
    const { variable } = await system()
    await submitFile(file, { url: variable('INGESTION_API_URL'), apiKey: variable('API_KEY'), key, dryRun: values['dry-run'], rows })
  },
})
