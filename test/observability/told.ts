import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { cloudWatchMetrics } from '../../services/metrics/cloudwatch.ts'
import { aws } from '../harness/aws.ts'
import { database } from '../harness/database.ts'
import { startProcess, type Process } from '../harness/process.ts'
import { waitFor } from '../harness/wait.ts'

export type Told = {
  /** Every line of every process's metrics. */
  series: string[]
  /** Names that the log had for CloudWatch. */
  embedded: string[]
}

const csv = (rows: string): string => `orig_code,dest_code,day,price\n${rows}`
const metricsOf = async (process: Process): Promise<string> =>
  await (await fetch(/"url":"(http:[^"]+\/metrics)"/.exec(process.output())![1]!)).text()

/** Runs the three processes through what they are there for, and gives all that they tell of it. */
export async function everythingTold (t: Test): Promise<Told> {
  const [db, { env }] = await Promise.all([database(t), aws(t)])
  const keys = [{ provider: 'demo', sha256: createHash('sha256').update('demo-key').digest('hex'), scopes: ['submit', 'read'] }]
  const common = { METRICS_PORT: '0', METRICS_NAMESPACE: 'test', METRICS_SECONDS: '1', ...env, API_KEYS: JSON.stringify(keys) }
  const [ratesApi, ingestionApi, worker] = await Promise.all([
    startProcess(t, 'rates-api', { ...common, DATABASE_URL: db.url('rates_api'), DATABASE_READ_URLS: db.url('rates_api') }),
    startProcess(t, 'ingestion-api', { ...common, DATABASE_URL: db.url('ingestion_api') }),
    startProcess(t, 'ingestion-worker', { ...common, DATABASE_URL: db.url('ingestion_worker'), RECEIVE_SECONDS: '1', BACKLOG_SECONDS: '1' }),
  ])
  for (const rows of ['CNGGZ,EETLL,2021-01-05,1000\n', 'CNGGZ,EETLL,2021-02-30,1000\n']) {
    const headers = { authorization: 'Bearer demo-key', 'content-type': 'text/csv' }
    await fetch(`${ingestionApi.url}/batches`, { method: 'POST', body: csv(rows), headers })
  }
  await fetch(`${ratesApi.url}/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL`)
  await waitFor(async () => /outcome="applied"[^}]*\} 1[\s\S]*outcome="rejected"[^}]*\} 1/.test(await metricsOf(worker)))
  const processes = [ratesApi, ingestionApi, worker]
  const wanted = Object.values(cloudWatchMetrics).reduce((sum, table) => sum + Object.keys(table).length, 0)
  const embedded = (): string[] => [...new Set(processes.flatMap(process => process.output().split('\n').filter(line => line.startsWith('{"_aws"'))
    .flatMap(line => JSON.parse(line)._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { Name: string }) => Name as string))))]
  await waitFor(() => embedded().length >= wanted)
  const series = (await Promise.all(processes.map(metricsOf))).flatMap(text => text.split('\n').filter(line => !line.startsWith('#')))
  return { series, embedded: embedded() }
}
