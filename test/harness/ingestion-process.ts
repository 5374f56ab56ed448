import type { Test } from 'tap'
import { aws } from './aws.ts'
import { awsProxy } from './aws-proxy.ts'
import { database } from './database.ts'
import { client, inspect, testKeys, type TestIngestionApi } from './ingestion-api.ts'
import type { OpenApi } from './openapi.ts'
import { startProcess, type Process } from './process.ts'

export type IngestionProcess = Process & Pick<TestIngestionApi, 'call' | 'submit'>
export type IngestionProcesses = Omit<TestIngestionApi, 'url' | 'connections' | 'metrics' | 'call' | 'submit'> & {
  start: (env?: Record<string, string>) => Promise<IngestionProcess>
}

/** Starts ingestion APIs as separate processes on one database, store and queue. */
export async function ingestionProcesses (t: Test): Promise<IngestionProcesses> {
  const proxy = await awsProxy(t)
  const [db, resources] = await Promise.all([database(t), aws(t)])
  async function start (env: Record<string, string> = {}): Promise<IngestionProcess> {
    const process = await startProcess(t, 'ingestion-api', {
      ...resources.env, AWS_ENDPOINT_URL: proxy.endpoint, DATABASE_URL: db.url('ingestion_api'), API_KEYS: JSON.stringify(testKeys), ...env,
    })
    const document = await (await fetch(`${process.url}/openapi.json`)).json() as OpenApi
    return { ...process, ...client(t, process.url, () => document) }
  }
  return { db, aws: resources, proxy, ...inspect(resources, db), start }
}
