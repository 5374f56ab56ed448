import { existsSync } from 'node:fs'
import t from 'tap'
import { sampleCsv } from '../../../lib/sample/month.ts'
import { client, header, testKeys } from '../../harness/ingestion-api.ts'
import type { OpenApi } from '../../harness/openapi.ts'
import { pipeline } from '../../harness/pipeline.ts'
import { startProcess } from '../../harness/process.ts'

/** No byte can be written to any file: not in one of these folders and, by the ulimit, in no other. Pipes and sockets are not files. */
const nowhere = '/dev/null/nowhere'
const env = { TMPDIR: nowhere, HOME: nowhere, XDG_CACHE_HOME: nowhere }
// The test runner makes processes record their exit and their compiled code in files. The command disables both.
const options = { prepare: 'unset NODE_OPTIONS NODE_COMPILE_CACHE && ulimit -f 0', cwd: existsSync('/proc') ? '/proc' : '/' }

t.test('processes that cannot write a file: batches are accepted, applied and rejected, reports written and rates read', async t => {
  const it = await pipeline(t)
  const apiProcess = await startProcess(t, 'ingestion-api', {
    ...env, ...it.aws.env, DATABASE_URL: it.db.url('ingestion_api'), API_KEYS: JSON.stringify(testKeys),
  }, options)
  const worker = await startProcess(t, 'ingestion-worker', { ...env, ...it.aws.env, DATABASE_URL: it.db.url('ingestion_worker'), RECEIVE_SECONDS: '1' }, options)
  const rates = await startProcess(t, 'rates-api', { ...env, DATABASE_URL: it.db.url('rates_api') }, options)
  const document = await (await fetch(`${apiProcess.url}/openapi.json`)).json() as OpenApi
  const api = client(t, apiProcess.url, () => document)

  // Longer than the part of a body that is held in memory, in parts; and a report of as many lines.
  const month = sampleCsv()
  const bad = `${header}${'CNGGZ,XXXXX,2021-01-05,100\n'.repeat(60_000)}`
  const [good, rejected] = [await api.submit(month), await api.submit(bad)]
  t.match([good.status, rejected.status], [202, 202])
  await it.settled(good.body.id, 'applied')
  t.match(await it.settled(rejected.body.id, 'rejected'), { error_count: 60_000 })
  const report = await api.call(`/batches/${rejected.body.id}/errors`, { headers: { accept: 'text/csv' } })
  t.equal(report.text.trimEnd().split('\n').length, 60_001)
  const response = await fetch(`${rates.url}/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=china_main&dest_code=north_europe_main`)
  t.equal(response.status, 200)
  for (const process of [apiProcess, worker, rates]) t.same(await process.kill('SIGTERM'), { code: 0, signal: null })
})
