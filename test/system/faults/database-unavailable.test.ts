import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { pipeline, type Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'
import { limitedDisk, type Disk } from './disk.ts'
import { commits } from '../../harness/call-labels.ts'
import { tcpProxy } from '../../harness/tcp-proxy.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'

t.test('PostgreSQL is unavailable: messages in flight are held, no more are received, and all batches are applied after the recovery', async t => {
  // One receive may be used up: a message may arrive at the moment when receiving is paused.
  const it = await pipeline(t, { maxReceives: 2 })
  const url = new URL(it.db.url('ingestion_worker'))
  const proxy = await tcpProxy(Number(url.port), commits)
  t.teardown(proxy.close)
  url.port = String(proxy.port)
  const { output: logged } = await workerAt(t, it, url.href)
  proxy.refuse(true)
  const batches = []
  for (const provider of ['a', 'b', 'c', 'd', 'e']) batches.push(await it.submit(csv, { provider }))
  await waitFor(() => logged.some(({ held }) => held))
  await waitFor(() => logged.filter(({ msg }) => msg === 'probe failed').length > 4)
  const { Attributes } = await it.aws.sqs.send(new GetQueueAttributesCommand({
    QueueUrl: it.aws.queueUrl, AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
  }))
  t.ok(Number(Attributes!.ApproximateNumberOfMessages) >= 3, 'no more messages are received than there are slots')
  t.equal(await it.queue.countMessages(), 5)
  proxy.refuse(false)
  for (const { id } of batches) {
    t.match(await it.settled(id, 'applied', 'dead_lettered'), { state: 'applied' })
    t.equal(await it.visible(id), 1)
  }
})

t.test('its disk is full (53100): the batch waits for space, and is applied at its first receive', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-disk-'))
  chmodSync(folder, 0o755) // PostgreSQL, which is another user, must enter the folder
  let disk: Disk | null = null
  t.teardown(() => { // runs after the database is dropped
    disk?.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const it = await pipeline(t, { maxReceives: 1 })
  disk = await limitedDisk(it.db.open('postgres'), folder)
  if (!disk) return t.comment('skipped: this user may not mount a disk')
  const { output: logged } = await workerAt(t, it, it.db.url('ingestion_worker'))
  disk.fill()
  const { id } = await it.submit(`${csv}${'CNGGZ,EETLL,2021-01-06,100\n'.repeat(20_000)}`)
  await waitFor(() => logged.some(({ err }) => err?.code === '53100'))
  t.equal(await it.visible(id), 0)
  disk.free()
  t.match(await it.settled(id, 'applied', 'dead_lettered'), { state: 'applied' })
  t.equal(await it.visible(id), 20_001)
})

/** Starts a worker that already works, and resolves with its log. */
async function workerAt (t: Test, it: Pipeline, url: string) {
  const logged: Array<{ msg: string, err?: { code?: string }, held?: boolean }> = []
  const log = pino({ level: 'debug' }, { write: (line: string) => { logged.push(JSON.parse(line)) } })
  const sql = openDatabase({ url, process: 'test', poolSize: 7 })
  t.teardown(() => sql.end({ timeout: 1 }))
  startWorker(t, it, { sql, log })
  const first = await it.submit(csv, { key: 'first' })
  await it.settled(first.id, 'applied')
  return { output: logged }
}
