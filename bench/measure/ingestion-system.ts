import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { createHash } from 'node:crypto'
import { openDatabase } from '../../lib/postgres/database.ts'
import { openS3, openSqs } from '../../lib/process/aws.ts'
import { createDatabase } from '../../test/harness/server.ts'
import { benchServer } from './bench-server.ts'
import { thisCheckout } from './checkout.ts'
import { emulatorProcess } from './emulator.ts'
import { startService } from './service.ts'

/** Settings of the runtime of a worker in infra/processes.ts and docker-compose.yml. */
const asDeployed = { NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '1' }

/**
 * Starts PostgreSQL, the emulator and an ingestion API, each in a process of its own. The months from December 2020 to `until` are accepted.
 * `startWorker` starts a worker as it is deployed.
 */
export async function openIngestionSystem ({ until = '2023-01-01' } = {}) {
  process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
  const server = await benchServer()
  await createDatabase(server, 'freight', '2020-12-01', until)
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
  const ingestionApi = await startService(thisCheckout, 'ingestion-api', { ...env, DATABASE_URL: server.url('ingestion_api', 'freight') })
  let sent = 0

  return {
    startWorker: (more: Record<string, string> = {}) =>
      startService(thisCheckout, 'ingestion-worker', { ...env, ...asDeployed, ...more, DATABASE_URL: server.url('ingestion_worker', 'freight') }),
    /** Sends a batch, and waits until it is applied. Resolves with the time from its acceptance on, in milliseconds. Throws if it ends otherwise. */
    async send (body: string | Uint8Array, type = 'text/csv'): Promise<number> {
      const headers = { authorization: 'Bearer one', 'content-type': type, 'idempotency-key': String(++sent) }
      const response = await fetch(`${ingestionApi.url}/batches`, { method: 'POST', body: body as Uint8Array<ArrayBuffer> | string, headers })
      const began = performance.now()
      const text = await response.text()
      if (response.status !== 202) throw new Error(text)
      const { id } = JSON.parse(text) as { id: string }
      for (;;) {
        const [batch] = await owner`select state from batches where id = ${id}`
        if (batch?.state === 'applied') return performance.now() - began
        if (batch?.state === 'rejected' || batch?.state === 'dead_lettered') throw new Error(`${batch.state}: ${id}`)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    },
    async close (): Promise<void> {
      ingestionApi.stop()
      emulator.stop()
      await owner.end()
      await server.remove()
    },
  }
}
