import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { openDatabase } from '../lib/postgres/database.ts'
import { openS3, openSqs } from '../lib/process/aws.ts'
import { freePort } from '../test/harness/free-port.ts'
import { createDatabase } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { thisCheckout } from './measure/checkout.ts'
import { emulatorProcess } from './measure/emulator.ts'
import { record } from './measure/results.ts'
import { startService } from './measure/service.ts'

/**
 * Measures 1,000 requests that wait for the ends of 1,000 batches in one process of the ingestion API: CPU time of the process and of its sessions in
 * PostgreSQL, memory, and the time from the end of a batch to the response.
 */
const waiters = 1_000
process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
const server = await benchServer()
await createDatabase(server, 'freight')
const owner = openDatabase({ url: server.url('postgres', 'freight'), process: 'bench', poolSize: 1 })
const emulator = await emulatorProcess()
process.once('exit', emulator.stop)
const aws = { region: 'eu-west-1', endpoint: emulator.endpoint }
await openS3(aws).send(new CreateBucketCommand({ Bucket: 'bench' }))
const { QueueUrl: queueUrl } = await openSqs(aws).send(new CreateQueueCommand({ QueueName: 'batches.fifo', Attributes: { FifoQueue: 'true' } }))
const metricsPort = await freePort()
/** Settings of the runtime in infra/processes.ts. */
const asDeployed = { NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=256', MALLOC_ARENA_MAX: '1' }
const api = await startService(thisCheckout, 'ingestion-api', {
  DATABASE_URL: server.url('ingestion_api', 'freight'), QUEUE_URL: queueUrl!, DEAD_LETTER_QUEUE_URL: queueUrl!, PAYLOAD_BUCKET: 'bench', LOG_LEVEL: 'warn',
  AWS_REGION: aws.region, AWS_ENDPOINT_URL: aws.endpoint, AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench',
  BATCH_MAX_PER_MINUTE: '100000', WAIT_MAX_SECONDS: '25', METRICS_PORT: String(metricsPort), ...asDeployed,
  API_KEYS: JSON.stringify([{ provider: 'one', sha256: createHash('sha256').update('one').digest('hex'), scopes: ['submit', 'read'] }]),
})
const authorization = 'Bearer one'

const ids: string[] = []
for (let number = 0; number < waiters; number++) ids.push(await send(number))
while ((await owner`select 1 from batches`).length < waiters) await pause(50)
record('resident memory before, MiB', [api.peakMiB()])

const answered: number[] = []
const answers = ids.map(async (id, index) => {
  const response = await fetch(`${api.url}/batches/${id}`, { headers: { authorization, prefer: 'wait=25' } })
  answered[index] = performance.now()
  if ((await response.json() as { state: string }).state !== 'applied') throw new Error('a wait ended early')
})
while (!(await metrics()).includes(`freight_waiting_requests{service="ingestion-api"} ${waiters}\n`)) await pause(100)
const [apiBefore, databaseBefore] = [cpuSeconds(api.pid), await databaseCpuSeconds()]
await pause(5_000)
record(`CPU of the ingestion API while ${waiters} requests wait, % of a core`, [(cpuSeconds(api.pid) - apiBefore) * 20])
record('CPU of its sessions in PostgreSQL, % of a core', [(await databaseCpuSeconds() - databaseBefore) * 20])
record(`resident memory with ${waiters} waiting requests, MiB`, [api.peakMiB()])

/** Batches that end one after the other, before the others end together. */
const ends = 31
const latencies: number[] = []
for (let index = 0; index < ends; index++) {
  const from = await end(ids.slice(index, index + 1))
  while (answered[index] === undefined) await pause(1)
  latencies.push(answered[index]! - from)
}
record(`from the end of a batch to the response, with ${waiters} waiting requests, ms`, latencies)
const from = await end(ids.slice(ends))
await Promise.all(answers)
record(`from the end of ${waiters - ends} batches to the last response, ms`, [Math.max(...answered) - from])
api.stop()
emulator.stop()
await owner.end()
await server.remove()

async function send (number: number): Promise<string> {
  const body = `orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,${number + 1}\n`
  const response = await fetch(`${api.url}/batches`, { method: 'POST', body, headers: { authorization, 'content-type': 'text/csv' } })
  if (response.status !== 202) throw new Error(await response.text())
  return (await response.json() as { id: string }).id
}

async function metrics (): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
}

/** Returns the time of the commit. */
async function end (ended: string[]): Promise<number> {
  await owner`update batches set state = 'applied' where id = any (${ended}::text[])`
  return performance.now()
}

async function databaseCpuSeconds (): Promise<number> {
  const sessions = await owner<Array<{ pid: number }>>`select pid from pg_stat_activity where application_name like 'ingestion-api%'`
  return sessions.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
}

/** Returns the CPU time of a process so far, over all threads. */
function cpuSeconds (pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
