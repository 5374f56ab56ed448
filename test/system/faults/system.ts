import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bucket, deadLetterQueue, queue, queueUrl, region } from '../../../dev/emulator/resources.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { openS3, openSqs } from '../../../lib/process/aws.ts'
import { createDatabase, temporaryServer, unsafeSettings } from '../../harness/server.ts'
import { waitFor } from '../../harness/wait.ts'
import { corruptProvider } from './batches.ts'
import { guardedProvider } from './plan-corrections.ts'
import { awsCalls, commits } from '../../harness/call-labels.ts'
import { freePort } from '../../harness/free-port.ts'
import { openService, type Died, type Service } from './service.ts'
import { limitedDisk } from './disk.ts'
import { tcpProxy, type TcpProxy } from '../../harness/tcp-proxy.ts'

export const operatorKey = 'operator-key'
export const keyOf = (provider: string): string => `${provider}-key`
const database = 'freight'

/** The connections of a process. */
export type Proxies = { postgres: TcpProxy, aws: TcpProxy }
/** A process of the project with its connections. */
export type ProxiedService = Service & Proxies & { metricsPort: number }

export type System = Awaited<ReturnType<typeof startSystem>>
export type SystemOptions = { folder: string, providers: readonly string[], died: Died, limitDisk?: boolean }

/** Starts the complete system as separate processes, each behind its own proxies. The calls of this file go past the proxies. */
export async function startSystem ({ folder, providers, died, limitDisk = true }: SystemOptions) {
  // Committed data must survive a crash of the server, as in production; a crash of the machine is not tested.
  const server = await temporaryServer({ ...unsafeSettings, synchronous_commit: 'on', max_connections: '60' })
  await createDatabase(server, database)
  const admin = openDatabase({ url: server.url('postgres', database), process: 'faults', poolSize: 4, settings: { default_transaction_read_only: 'off' } })
  const disk = limitDisk ? await limitedDisk(admin, folder) : null

  const emulatorPort = await freePort()
  const endpoint = `http://127.0.0.1:${emulatorPort}`
  const emulatorData = join(folder, 'emulator')
  mkdirSync(emulatorData)
  const emulator = openService('emulator', 'dev/emulator/main.ts', endpoint, { DATA_DIR: emulatorData }, died)
  const startEmulator = async (): Promise<void> => {
    await emulator.start()
    const hasBucket = (): Promise<boolean> => fetch(`${endpoint}/${bucket}`, { method: 'HEAD' }).then(({ ok }) => ok, () => false)
    await waitFor(async () => !emulator.running() || await hasBucket())
    // As the workers' heartbeats set it: a message of a worker that was killed before its first heartbeat becomes visible as soon.
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '3' } })).catch(() => {})
    if (!emulator.running()) throw new Error(`the emulator did not start: ${emulator.output().slice(-1_000)}`)
  }
  process.env.AWS_ACCESS_KEY_ID ??= 'test'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test'
  const [s3, sqs] = [openS3({ region, endpoint }), openSqs({ region, endpoint })]
  const url = queueUrl(endpoint, queue)
  await startEmulator()

  async function openProxies (login: string): Promise<Proxies & { env: Record<string, string> }> {
    const url = new URL(server.url(login, database))
    const postgres = await tcpProxy(Number(url.port), commits)
    const aws = await tcpProxy(emulatorPort, awsCalls)
    url.port = String(postgres.port)
    const env = {
      DATABASE_URL: url.href, AWS_REGION: region, AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}`, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test',
      PAYLOAD_BUCKET: bucket, PAYLOAD_KEEP_DAYS: '90', QUEUE_URL: queueUrl(endpoint, queue), DEAD_LETTER_QUEUE_URL: queueUrl(endpoint, deadLetterQueue),
    }
    return { postgres, aws, env }
  }

  async function openProxied (name: string, program: string, login: string, own: Record<string, string>): Promise<ProxiedService> {
    const { env, ...proxies } = await openProxies(login)
    const metricsPort = await freePort()
    const service = openService(name, `services/${program}/main.ts`, `http://127.0.0.1:${await freePort()}`, {
      ENVIRONMENT: 'test', LOG_LEVEL: 'info', METRICS_PORT: String(metricsPort), ...env, ...own,
    }, died)
    return { ...service, ...proxies, metricsPort }
  }
  const workerEnv = {
    VISIBILITY_SECONDS: '3', RECEIVE_SECONDS: '1', BACKLOG_SECONDS: '1', SWEEP_SECONDS: '3', LOST_AFTER_SECONDS: '8', FINISH_MS: '3000',
    STATEMENT_TIMEOUT_MS: '6000', LOCK_TIMEOUT_MS: '5000', DATABASE_SILENCE_MS: '8000',
    MERGE_MIN_ROWS: '2', MERGE_SECONDS: '1', OUTLIER_PROVIDERS: guardedProvider,
  }
  const services = {
    ratesApi: await openProxied('rates-api', 'rates-api', 'rates_api', { RATES_QUERY_TIMEOUT_MS: '2000' }),
    ingestionApi: await openProxied('ingestion-api', 'ingestion-api', 'ingestion_api', { API_KEYS: keys([...providers, corruptProvider]), BATCH_MAX_PER_MINUTE: '100000' }),
    worker1: await openProxied('worker-1', 'ingestion-worker', 'ingestion_worker', workerEnv),
    worker2: await openProxied('worker-2', 'ingestion-worker', 'ingestion_worker', workerEnv),
  }
  const all = Object.values(services)
  const operator = await openProxies('ops')
  await Promise.all(all.map(service => service.start()))

  return {
    ...services, all, operator, startProxied: openProxied, workers: [services.worker1, services.worker2],
    server, admin, disk, emulator, startEmulator, emulatorData, s3, sqs,
    queueUrl: url,
    async stop () {
      await Promise.all([...all, emulator].map(service => service.kill('SIGKILL')))
      for (const { postgres, aws } of [...all, operator]) for (const proxy of [postgres, aws]) proxy.close()
      s3.destroy()
      sqs.destroy()
      await admin.end({ timeout: 1 })
      await server.remove()
      disk?.remove()
    },
  }
}

function keys (providers: string[]): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  return JSON.stringify([
    ...providers.map(provider => ({ provider, sha256: sha256(keyOf(provider)), scopes: ['submit', 'read'] })),
    { provider: 'operator', sha256: sha256(operatorKey), scopes: ['admin'] },
  ])
}
