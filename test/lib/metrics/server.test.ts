import t from 'tap'
import { aws } from '../../harness/aws.ts'
import { database } from '../../harness/database.ts'
import { startProcess, type Process } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'

const metricsUrl = (process: Process): string => /"url":"(http:[^"]+\/metrics)"/.exec(process.output())![1]!
const fetchMetrics = async (process: Process): Promise<string> => await (await fetch(metricsUrl(process))).text()

t.test('each process exposes its metrics on a separate port, and in the log if a namespace is configured', async t => {
  const [db, { env }] = await Promise.all([database(t), aws(t)])
  const common = { METRICS_PORT: '0', METRICS_NAMESPACE: 'freight-rates/test', METRICS_SECONDS: '1', BACKLOG_SECONDS: '1', API_KEYS: '[]', ...env }
  const [ratesApi, ingestionApi, worker] = await Promise.all([
    startProcess(t, 'rates-api', { ...common, DATABASE_URL: db.url('rates_api') }),
    startProcess(t, 'ingestion-api', { ...common, DATABASE_URL: db.url('ingestion_api') }),
    startProcess(t, 'ingestion-worker', { ...common, DATABASE_URL: db.url('ingestion_worker') }),
  ])
  for (const [name, process] of Object.entries({ 'rates-api': ratesApi, 'ingestion-api': ingestionApi, 'ingestion-worker': worker })) {
    t.match(await fetchMetrics(process), `process_resident_memory_bytes{service="${name}"}`)
    t.equal((await fetch(metricsUrl(process).replace('/metrics', '/'))).status, 404)
    t.equal((await fetch(new URL('/metrics', process.url))).status, 404, 'not on the public address')
  }
  t.equal((await fetch(new URL('/rates', ratesApi.url))).status, 400)
  t.equal((await fetch(new URL('/live', ratesApi.url))).status, 200)
  const text = await fetchMetrics(ratesApi)
  t.match(text, /freight_http_request_seconds_count\{[^}]*route="\/rates",status="400"[^}]*\} 1/)
  t.notMatch(text, 'route="/live"')
  await waitFor(async () => (await fetchMetrics(worker)).includes('freight_oldest_batch_seconds{service="ingestion-worker"} 0'))
  t.match(await fetchMetrics(worker), 'freight_worker_ready{service="ingestion-worker"} 1')
  await waitFor(() => worker.output().includes('"OldestBatchSeconds":0'))
  for (const process of [ratesApi, ingestionApi, worker]) {
    t.equal((await process.kill('SIGTERM')).code, 0)
    t.match(process.output(), '"Namespace":"freight-rates/test"')
  }
})
