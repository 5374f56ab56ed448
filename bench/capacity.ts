import { SetQueueAttributesCommand, CreateQueueCommand } from '@aws-sdk/client-sqs'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { openS3, openSqs } from '../lib/process/aws.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { sampleCsv } from '../lib/sample/month.ts'
import { freePort } from '../test/harness/free-port.ts'
import { createDatabase, temporaryServer } from '../test/harness/server.ts'
import { emulatorProcess } from './measure/emulator.ts'

/** Measures the CPU time of each process and the bytes for a batch, a row and a request: the numbers of docs/bottlenecks.md. */
process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
const batches = 20
const providers = ['one', 'two']
const server = await temporaryServer({ max_wal_size: '8GB', shared_buffers: '512MB' })
await createDatabase(server, 'freight')
const owner = openDatabase({ url: server.url('migrator', 'freight'), process: 'bench', poolSize: 1 })
const [{ backend }] = await owner<[{ backend: number }]>`select pg_backend_pid() as backend`
const postmaster = Number(fieldsOf(backend)![1])
const emulator = await emulatorProcess()
const aws = { region: 'eu-west-1', endpoint: emulator.endpoint }
await openS3(aws).send(new CreateBucketCommand({ Bucket: 'bench' }))
const queue = await openSqs(aws).send(new CreateQueueCommand({ QueueName: 'batches.fifo', Attributes: { FifoQueue: 'true' } }))
const deadLetterQueue = await openSqs(aws).send(new CreateQueueCommand({ QueueName: 'dead.fifo', Attributes: { FifoQueue: 'true' } }))
await openSqs(aws).send(new SetQueueAttributesCommand({ QueueUrl: queue.QueueUrl, Attributes: { VisibilityTimeout: '30' } }))

const keys = providers.map(provider => ({ provider, sha256: createHash('sha256').update(provider).digest('hex'), scopes: ['submit'] }))
const env = {
  AWS_REGION: aws.region, AWS_ENDPOINT_URL: aws.endpoint, AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', PAYLOAD_BUCKET: 'bench',
  QUEUE_URL: queue.QueueUrl!, DEAD_LETTER_QUEUE_URL: deadLetterQueue.QueueUrl!, API_KEYS: JSON.stringify(keys), LOG_LEVEL: 'warn',
}
const ingestionApi = await start('ingestion-api', { ...env, DATABASE_URL: server.url('ingestion_api', 'freight') })
const worker = await start('ingestion-worker', { ...env, DATABASE_URL: server.url('ingestion_worker', 'freight') })
const cold = await start('rates-api', { DATABASE_URL: server.url('rates_api', 'freight'), RATES_CACHE_BYTES: '0', LOG_LEVEL: 'info' })
const warm = await start('rates-api', { DATABASE_URL: server.url('rates_api', 'freight'), LOG_LEVEL: 'info' })

const csv = sampleCsv()
const rows = csv.split('\n').length - 2
await send(2) // warm-up
const before = { ...cpu(), bytes: await databaseBytes() }
const began = performance.now()
await send(batches)
const seconds = (performance.now() - began) / 1_000
const after = { ...cpu(), bytes: await databaseBytes() }
const perBatch = (name: 'ingestionApi' | 'worker' | 'postgres'): string => `${((after[name] - before[name]) / batches * 1_000).toFixed(0)} ms`
console.log(`a batch of ${rows} rows, ${(csv.length / 1e6).toFixed(2)} MB: CPU of ingestion API ${perBatch('ingestionApi')}, worker ${perBatch('worker')}, PostgreSQL ${perBatch('postgres')}`)
console.log(`${batches} of them from ${providers.length} providers, one worker with 2 slots: ${seconds.toFixed(1)} s, ${(batches * rows / seconds / 1_000).toFixed(0)} thousand rows/s`)
console.log(`a price takes ${((after.bytes - before.bytes) / batches / rows).toFixed(0)} bytes in the database`)
for (const [name, { url }] of Object.entries({ cold, warm })) {
  const from = cpu()
  const requests = await sendRequests(url)
  const to = cpu()
  const each = (spent: number): string => `${(spent / requests * 1e6).toFixed(0)} µs`
  const own = name === 'cold' ? to.cold - from.cold : to.warm - from.warm
  console.log(`GET /rates of a lane and month, ${name}: CPU of rates API ${each(own)}, PostgreSQL ${each(to.postgres - from.postgres)}`)
}
for (const { child } of [ingestionApi, worker, cold, warm]) child.kill('SIGKILL')
emulator.stop()
await owner.end()
await server.remove()

async function start (name: string, own: Record<string, string>): Promise<{ child: ChildProcess, url: string }> {
  const port = await freePort()
  const child = spawn(process.execPath, [`services/${name}/main.ts`], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...own }, stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  while (!await fetch(`${url}/ready`).then(({ ok }) => ok, () => false)) await new Promise(resolve => setTimeout(resolve, 50))
  return { child, url }
}

/** Sends this number of batches, and waits until all are applied. */
async function send (count: number): Promise<void> {
  const [{ done }] = await owner<[{ done: number }]>`select count(*) as done from batches where state = 'applied'`
  for (let number = 0; number < count; number++) {
    const headers = { authorization: `Bearer ${providers[number % providers.length]}`, 'content-type': 'text/csv', 'idempotency-key': `${done + number}` }
    const { status } = await fetch(`${ingestionApi.url}/batches`, { method: 'POST', body: csv, headers })
    if (status !== 202) throw new Error(`a batch got the response status ${status}`)
  }
  while ((await owner`select 1 from batches where state = 'applied'`).length < done + count) await new Promise(resolve => setTimeout(resolve, 50))
}

async function sendRequests (url: string): Promise<number> {
  const { default: autocannon } = await import('autocannon' as string) as { default: (options: object) => Promise<any> }
  const path = '/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'
  const { requests, non2xx, errors } = await autocannon({ url: url + path, connections: 20, duration: 6 })
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} responses without a 2xx status, ${errors} errors`)
  return requests.total
}

async function databaseBytes (): Promise<number> {
  const [row] = await owner<[{ bytes: number }]>`select pg_database_size('freight') as bytes`
  return row.bytes
}

/** Returns the CPU seconds so far of each process, and of PostgreSQL with all of its processes, including exited ones. */
function cpu (): Record<'ingestionApi' | 'worker' | 'cold' | 'warm' | 'postgres', number> {
  const spent = { ingestionApi: own(ingestionApi.child.pid!), worker: own(worker.child.pid!), cold: own(cold.child.pid!), warm: own(warm.child.pid!) }
  const postgres = readdirSync('/proc').filter(name => /^\d+$/.test(name)).reduce((sum, pid) => sum + (isPostgres(Number(pid)) ? own(Number(pid)) : 0), 0)
  return { ...spent, postgres }
}

function isPostgres (pid: number): boolean {
  return pid === postmaster || fieldsOf(pid)?.[1] === String(postmaster)
}

function own (pid: number): number {
  const fields = fieldsOf(pid)
  const childFields = pid === postmaster ? 2 : 0
  return fields ? [11, 12, 13, 14].slice(0, 2 + childFields).reduce((sum, field) => sum + Number(fields[field]), 0) / 100 : 0
}

function fieldsOf (pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  } catch {
    return undefined // the process has exited meanwhile
  }
}
