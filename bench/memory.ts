import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { createHash } from 'node:crypto'
import { openDatabase } from '../lib/postgres/database.ts'
import { openS3, openSqs } from '../lib/process/aws.ts'
import { sampleCsv, shippedReference } from '../lib/sample/month.ts'
import { createDatabase } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { thisCheckout } from './measure/checkout.ts'
import { lanesCsv } from './measure/csv.ts'
import { emulatorProcess } from './measure/emulator.ts'
import { record } from './measure/results.ts'
import { startService, type Service } from './measure/service.ts'

/**
 * Measures the resident memory of a worker process: its maximum over a batch of 1,000,000 rows, and over ten more, one after the other. Another
 * process applies a batch of 5,000,000 rows on as many lane-months.
 */
process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
const server = await benchServer()
await createDatabase(server, 'freight', '2020-12-01', '2023-01-01')
const owner = openDatabase({ url: server.url('migrator', 'freight'), process: 'bench', poolSize: 1 })
const emulator = await emulatorProcess()
process.once('exit', emulator.stop)
const aws = { region: 'eu-west-1', endpoint: emulator.endpoint }
await openS3(aws).send(new CreateBucketCommand({ Bucket: 'bench' }))
const queueUrl = async (name: string) => (await openSqs(aws).send(new CreateQueueCommand({
  QueueName: name, Attributes: { FifoQueue: 'true', VisibilityTimeout: '30' },
}))).QueueUrl!
const env = {
  AWS_REGION: aws.region, AWS_ENDPOINT_URL: aws.endpoint, AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', PAYLOAD_BUCKET: 'bench',
  QUEUE_URL: await queueUrl('batches.fifo'), DEAD_LETTER_QUEUE_URL: await queueUrl('dead.fifo'), LOG_LEVEL: 'warn',
  API_KEYS: JSON.stringify([{ provider: 'one', sha256: createHash('sha256').update('one').digest('hex'), scopes: ['submit'] }]),
}
/** Settings of the runtime in infra/processes.ts and docker-compose.yml. */
const asDeployed = { NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '1' }
const ingestionApi = await startService(thisCheckout, 'ingestion-api', { ...env, DATABASE_URL: server.url('ingestion_api', 'freight') })
const million = firstRows(sampleCsv({ prices: 1_010_000, lanes: 5_000 }), 1_000_000)
let sent = 0

let worker = await startWorker()
await send(million)
record('resident memory of a worker after a batch of 1,000,000 rows, MiB', [worker.peakMiB()], '≤ 200')
for (let left = 10; left > 0; left--) await send(million)
record('resident memory of a worker after ten more, MiB', [worker.peakMiB()], '≤ 200')
worker.stop()
worker = await startWorker()
await send(laneMonthsCsv(5_000_000))
record('resident memory of a worker after 5,000,000 rows on as many lane-months, MiB', [worker.peakMiB()])
ingestionApi.stop()
worker.stop()
emulator.stop()
await owner.end()
await server.remove()

function startWorker (): Promise<Service> {
  return startService(thisCheckout, 'ingestion-worker', { ...env, ...asDeployed, DATABASE_URL: server.url('ingestion_worker', 'freight') })
}

/** Sends a batch, and waits until it is applied. */
async function send (csv: string): Promise<void> {
  const headers = { authorization: 'Bearer one', 'content-type': 'text/csv', 'idempotency-key': String(++sent) }
  const response = await fetch(`${ingestionApi.url}/batches`, { method: 'POST', body: csv, headers })
  if (response.status !== 202) throw new Error(await response.text())
  while ((await owner`select 1 from batches where state = 'applied'`).length < sent) await new Promise(resolve => setTimeout(resolve, 50))
}

/** Returns a price for each of `count` lane-months, from January 2021 on. */
function laneMonthsCsv (count: number): string {
  const lanes = shippedReference().ports.length * (shippedReference().ports.length - 1)
  const months = Array.from({ length: Math.ceil(count / lanes) }, (_, at) => lanesCsv({
    lanes: Math.min(lanes, count - at * lanes), month: `${2021 + Math.floor(at / 12)}-${String(1 + at % 12).padStart(2, '0')}`,
  }))
  return months.map((csv, at) => at === 0 ? csv : csv.slice(csv.indexOf('\n') + 1)).join('')
}

function firstRows (csv: string, count: number): string {
  return `${csv.split('\n').slice(0, count + 1).join('\n')}\n`
}
