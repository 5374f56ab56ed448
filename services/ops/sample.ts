import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { sampleCsv } from '../../lib/sample/month.ts'
import { KeyReused, submit } from './batches/send-file.ts'
import { command } from './command.ts'

export const sample = command({
  name: 'sample',
  summary: 'Sends a month of sample prices (January 2021) through the ingestion API and waits for the result. A repeated call sends the same batch.',
  options: {},
  runs: 'terminal',
  async run ({ system }) {
    const { variable } = await system()
    const to = { url: variable('INGESTION_API_URL'), apiKey: variable('API_KEY'), key: 'sample-2021-01', dryRun: false }
    const file = gzipSync(sampleCsv())
    const digest = createHash('sha256').update(file).digest('base64')
    await submit(file, { type: 'text/csv', gzip: true, digest }, to).catch(error => {
      // The system keeps the sample of another release.
      if (!(error instanceof KeyReused)) throw error
      console.log('The system already has the sample of another release; nothing was sent.')
    })
  },
})
