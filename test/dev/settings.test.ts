import t from 'tap'
import { readSettings } from '../../dev/settings.ts'
import { clone } from './program.ts'

t.test('defaults', async t => {
  t.same(readSettings({}), { ratesApiPort: 3000, ingestionApiPort: 3001, stateDir: `${clone}/.state`, sampleData: true, logLevel: 'warn' })
  t.same(readSettings({ RATES_API_PORT: '', SAMPLE_DATA: '', STATE_DIR: '' }), readSettings({}), 'an empty variable counts as unset')
})

t.test('given', async t => {
  t.same(readSettings({ RATES_API_PORT: '4000', INGESTION_API_PORT: '4001', STATE_DIR: '/tmp/x', SAMPLE_DATA: 'off', LOG_LEVEL: 'info' }),
    { ratesApiPort: 4000, ingestionApiPort: 4001, stateDir: '/tmp/x', sampleData: false, logLevel: 'info' })
  t.equal(readSettings({ STATE_DIR: 'sub/folder' }).stateDir, `${clone}/sub/folder`, 'a relative folder is relative to the clone')
})

t.test('all wrong variables are named together', async t => {
  t.throws(() => readSettings({ RATES_API_PORT: 'abc', INGESTION_API_PORT: '70000', SAMPLE_DATA: 'maybe', STATE_DIR: import.meta.filename, LOG_LEVEL: 'loud' }), {
    message: /^RATES_API_PORT.*"abc"; INGESTION_API_PORT.*"70000"; SAMPLE_DATA.*"maybe"; LOG_LEVEL.*"loud"; STATE_DIR .*\.$/,
  })
  t.throws(() => readSettings({ RATES_API_PORT: '3001' }), { message: /must differ/ })
  for (const port of ['0', '-1', '1.5', ' 80', '65536', '0x50']) t.throws(() => readSettings({ RATES_API_PORT: port }), { message: /from 1 to 65535/ }, port)
})
