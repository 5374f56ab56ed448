import t, { type Test } from 'tap'
import { awsProxy } from '../../harness/aws-proxy.ts'
import { lockBatchLanes } from '../../harness/lock.ts'
import { waitLimitMs } from '../../harness/patience.ts'
import { pipeline, type Pipeline } from '../../harness/pipeline.ts'
import { startProcess, type Process } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'
import { sampleCsv } from '../../../lib/sample/month.ts'

const csv = sampleCsv()
const rows = csv.trimEnd().split('\n').length - 1

t.test('kill -9 in the middle of a batch: no price is visible, then the batch is applied once', async t => {
  const it = await pipeline(t, { visibilitySeconds: 3 })
  const first = await startWorker(t, it)
  const lock = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await lock.awaited()
  t.match(await it.settled(id, 'processing'), { state: 'processing' })
  t.same(await first.kill('SIGKILL'), { code: null, signal: 'SIGKILL' })
  t.equal(await it.visible(id), 0)
  await lock.release()
  await startWorker(t, it)
  t.match(await it.settled(id, 'applied'), { row_count: rows, error_count: 0 })
  t.equal(await it.visible(id), rows)
  t.same(await it.db.migrator`select attempt, outcome from batch_attempts order by attempt`,
    [{ attempt: 1, outcome: null }, { attempt: 2, outcome: 'applied' }])
})

t.test('kill -9 between the commit and the delete: redelivered, not applied again', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { visibilitySeconds: 3, endpoint: proxy.endpoint })
  const first = await startWorker(t, it)
  const deletion = proxy.hold(call => call.method === 'DeleteMessage', 'call')
  const { id } = await it.submit(csv)
  await deletion.reached
  await first.kill('SIGKILL')
  const second = await startWorker(t, it)
  await second.untilOutput('duplicate delivery ignored')
  t.equal(await it.visible(id), rows)
  const later = await it.submit('orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-02-05,1\n')
  await it.settled(later.id, 'applied') // the provider's next batch does not wait
  t.equal(await it.visible(id), rows)
})

t.test('SIGTERM in the middle of a batch: the batch is finished, the next one is left to other workers', async t => {
  const it = await pipeline(t)
  const worker = await startWorker(t, it, { WORKER_CONCURRENCY: '1' })
  const lock = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await lock.awaited()
  const next = await it.submit('orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-02-05,1\n', { provider: 'demo-2' })
  const exited = worker.kill('SIGTERM')
  await worker.untilOutput('stop receiving')
  await lock.release()
  t.same(await exited, { code: 0, signal: null })
  t.equal(await it.visible(id), rows)
  t.match(await it.settled(id, 'applied'), { state: 'applied' })
  t.same(await it.db.migrator`select 1 from batch_attempts where batch_id = ${next.id}`, [])
  t.match(await it.queue.receive(1, AbortSignal.timeout(waitLimitMs)), { batchId: next.id, receives: 1 })
})

t.test('SIGTERM and the batch does not finish: rolled back, released at once, applied by another worker', async t => {
  const it = await pipeline(t)
  const worker = await startWorker(t, it, { FINISH_MS: '100' })
  const lock = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await lock.awaited()
  t.same(await worker.kill('SIGTERM'), { code: 0, signal: null })
  t.match(await it.settled(id, 'queued'), { state: 'queued' })
  t.equal(await it.visible(id), 0)
  await lock.release()
  await startWorker(t, it)
  await it.settled(id, 'applied')
  t.equal(await it.visible(id), rows)
})

t.test('SIGTERM while a dependency is unavailable: the process exits with 0', async t => {
  const it = await pipeline(t)
  const worker = await startProcess(t, 'ingestion-worker', {
    ...it.aws.env, DATABASE_URL: it.db.url('ingestion_worker'), PAYLOAD_BUCKET: 'no-such-bucket', RECEIVE_SECONDS: '1',
  })
  t.equal((await fetch(new URL('/ready', worker.url))).status, 503)
  t.same(await worker.kill('SIGTERM'), { code: 0, signal: null })
})

t.test('a message that a second worker receives too: only one of the two applies the batch', async t => {
  const it = await pipeline(t)
  await startWorker(t, it)
  await startWorker(t, it)
  const lock = await lockBatchLanes(t, it.db)
  const manifest = await it.submit(csv, { provider: 'demo' })
  await lock.awaited()
  await it.queue.send(manifest.id, 'another-group', 'once-more') // as if the visibility timeout of the first delivery had expired
  await waitFor(async () => (await it.db.migrator`select 1 from batch_attempts where batch_id = ${manifest.id}`).length === 2)
  await lock.release()
  await it.settled(manifest.id, 'applied')
  await waitFor(async () => await it.queue.countMessages() === 0) // the second worker has deleted its message too
  t.equal(await it.visible(manifest.id), rows)
})

function startWorker (t: Test, { db, aws }: Pipeline, env: Record<string, string> = {}): Promise<Process> {
  return startProcess(t, 'ingestion-worker', { ...aws.env, DATABASE_URL: db.url('ingestion_worker'), VISIBILITY_SECONDS: '3', RECEIVE_SECONDS: '1', ...env })
}
