import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { cloudWatchMetrics } from '../../lib/metrics/cloudwatch.ts'
import { aws } from '../harness/aws.ts'
import { database } from '../harness/database.ts'
import { startProcess, type Process } from '../harness/process.ts'
import { secretsManager } from '../harness/secrets-manager.ts'
import { waitFor } from '../harness/wait.ts'

export type PublishedMetrics = {
  /** Every line of every process's metrics. */
  series: string[]
  /** Names of the metrics that the log had for CloudWatch. */
  embedded: string[]
}

const csv = (rows: string): string => `orig_code,dest_code,day,price\n${rows}`
const metricsOf = async (process: Process): Promise<string> =>
  await (await fetch(/"url":"(http:[^"]+\/metrics)"/.exec(process.output())![1]!)).text()

/** Runs the three processes through their main functions, and resolves with all metrics that they publish. */
export async function collectMetrics (t: Test): Promise<PublishedMetrics> {
  const [db, { env }, secrets] = await Promise.all([database(t), aws(t), secretsManager(t)])
  const keys = [{ provider: 'demo', sha256: createHash('sha256').update('demo-key').digest('hex'), scopes: ['submit', 'read', 'rates'] }]
  secrets.respondWith({ value: JSON.stringify(keys) })
  const common = { METRICS_PORT: '0', METRICS_NAMESPACE: 'test', METRICS_SECONDS: '1', ...env }
  const keyed = { ...common, ...secrets.env }
  const [ratesApi, ingestionApi, worker] = await Promise.all([
    startProcess(t, 'rates-api', { ...keyed, RATES_KEYS_REQUIRED: 'true', DATABASE_URL: db.url('rates_api'), DATABASE_READ_URLS: db.url('rates_api') }),
    startProcess(t, 'ingestion-api', { ...keyed, DATABASE_URL: db.url('ingestion_api') }),
    startProcess(t, 'ingestion-worker', { ...common, DATABASE_URL: db.url('ingestion_worker'), RECEIVE_SECONDS: '1', BACKLOG_SECONDS: '1' }),
  ])
  const authorization = 'Bearer demo-key'
  for (const rows of ['CNGGZ,EETLL,2021-01-05,1000\n', 'CNGGZ,EETLL,2021-02-30,1000\n']) {
    const headers = { authorization, 'content-type': 'text/csv' }
    await fetch(`${ingestionApi.url}/batches`, { method: 'POST', body: csv(rows), headers })
  }
  await fetch(`${ratesApi.url}/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL`, { headers: { authorization } })
  await waitFor(async () => /outcome="applied"[^}]*\} 1[\s\S]*outcome="rejected"[^}]*\} 1/.test(await metricsOf(worker)))
  const processes = { 'rates-api': ratesApi, 'ingestion-api': ingestionApi, 'ingestion-worker': worker }
  const embedded = (process: Process): string[] => process.output().split('\n').filter(line => line.startsWith('{"_aws"'))
    .flatMap(line => JSON.parse(line)._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { Name: string }) => Name))
  for (const [service, table] of Object.entries(cloudWatchMetrics)) {
    await waitFor(() => {
      const names = embedded(processes[service as keyof typeof processes])
      return Object.keys(table).every(name => names.includes(name))
    })
  }
  const all = Object.values(processes)
  const series = (await Promise.all(all.map(metricsOf))).flatMap(text => text.split('\n').filter(line => !line.startsWith('#')))
  return { series, embedded: all.flatMap(embedded) }
}
