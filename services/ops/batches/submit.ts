import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { filesToSend } from './files-to-send.ts'
import { submitFile } from './send-file.ts'
import { submitFiles } from './submit-files.ts'

export const submitBatch = command({
  name: 'batches submit',
  summary: 'Sends files through the ingestion API and waits for the outcome of each.',
  details: `The provider is that of the key in API_KEY. Each file is a batch. The exit code is 1 unless each batch is applied or validated.
The end of a file's name says what it is: .csv, .tsv, .ndjson, .jsonl, .json, .xlsx, .parquet or .zip, followed by .gz if it is compressed. Of any other
name, as .txt, the content decides. Of a folder, the files with one of these ends or .txt are sent in the order of their names, without its folders and links.
A spreadsheet of another kind (.xls, .xlsm, .xlsb, .ods, .fods, .numbers) and a .pdf are sent too: each is refused with what to do, and counts as failed.
Files of a folder with other names are not sent, and do not count as failed.`,
  operand: { value: 'FILE', summary: 'Files, or folders of files', repeats: true },
  options: {
    key: { type: 'string', value: 'NAME', summary: 'The Idempotency-Key, for one file; without a key the content identifies the batch' },
    'dry-run': { type: 'boolean', summary: 'Validates the files and applies nothing' },
    profile: { type: 'string', value: 'NAME', summary: 'The profile of the provider by which the files are read' },
    replaces: { type: 'string', value: 'IDS', summary: 'Batches that one file takes back: ids separated by commas, or previous with --series' },
    series: { type: 'string', value: 'NAME', summary: 'The Batch-Series: your name of a series of batches' },
    rows: { type: 'string', value: 'N', summary: 'The number of rows in the file, for one file; a file with another number is rejected' },
  },
  runs: 'terminal',
  async run ({ operands, values: { 'dry-run': dryRun, ...values }, system }) {
    if (values.rows !== undefined && !/^[1-9]\d{0,9}$/.test(values.rows)) throw new CommandError('--rows must be a number from 1.', 2)
    const files = filesToSend(operands)
    const ofOne = (['key', 'rows', 'replaces'] as const).find(name => values[name] !== undefined)
    const isOne = files.length === 1 && operands.length === 1 && files[0]!.path === operands[0]
    if (ofOne && !isOne) throw new CommandError(`--${ofOne} is of one batch: name one file.`, 2)
    const { variable } = await system()
    const options = { url: variable('INGESTION_API_URL'), apiKey: variable('API_KEY'), dryRun, ...values }
    await (isOne ? submitFile(operands[0]!, options) : submitFiles(files, options))
  },
})
