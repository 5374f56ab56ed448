import t, { type Test } from 'tap'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { openS3, openSqs } from '../../../lib/process/aws.ts'
import { awsProxy, type AwsProxy } from '../../harness/aws-proxy.ts'
import { pipeline, type Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'

t.test('the payload is missing: a dead letter with that reason after the last receive, and no other batch waits', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  const missing = await it.submit(csv)
  await it.store.deletePayload(missing.payload)
  startWorker(t, it)
  const innocent = await it.submit(csv, { provider: 'demo-2' })
  await it.settled(innocent.id, 'applied')
  t.match(await it.settled(missing.id, 'dead_lettered'), { reason: /^NoSuchKey: / })
  t.same(await it.db.migrator`select attempt, outcome from batch_attempts where batch_id = ${missing.id} order by attempt`,
    [{ attempt: 1, outcome: 'failed' }, { attempt: 2, outcome: 'failed' }])
  t.equal(await it.visible(missing.id), 0)
})

t.test('a store that is slower than the visibility timeout: the message stays hidden, and is received once', async t => {
  const { it, proxy } = await behindProxy(t, 1)
  const { id } = await it.submit(csv)
  const payload = proxy.hold(({ key }) => key.startsWith('incoming/'), 'response')
  startWorker(t, it, { heartbeat: { visibilitySeconds: 3, maxSeconds: 600 } })
  await payload.reached
  const heartbeats = (): number => proxy.calls.filter(({ method }) => method === 'ChangeMessageVisibility').length
  await Promise.race([waitFor(() => heartbeats() === 4), it.settled(id, 'dead_lettered')])
  t.match(await it.settled(id, 'processing', 'dead_lettered'), { state: 'processing' })
  payload.release()
  await it.settled(id, 'applied')
  t.equal(await it.visible(id), 1)
})

t.test('an unavailable store: the message in flight is held, no more are received, all batches are applied after the recovery', async t => {
  // One receive may be used up: a message may arrive at the moment when receiving is paused.
  const { it, proxy } = await behindProxy(t, 2)
  startWorker(t, it)
  const before = await it.submit(csv, { key: 'before' })
  await it.settled(before.id, 'applied')
  const restore = proxy.cut(({ service }) => service === 's3')
  const batches = []
  for (const key of ['1', '2', '3']) batches.push(await it.submit(csv, { key, provider: `demo-${key}` }))
  const probes = (): number => proxy.calls.filter(({ method, key }) => method === 'HEAD' && key === '').length
  const tried = probes()
  await waitFor(() => probes() > tried + 3)
  restore()
  for (const { id } of batches) {
    t.match(await it.settled(id, 'applied', 'dead_lettered'), { state: 'applied' })
    t.equal(await it.visible(id), 1)
  }
})

/** Creates a pipeline whose worker reaches store and queue through a proxy. */
async function behindProxy (t: Test, maxReceives: number): Promise<{ it: Pipeline, proxy: AwsProxy }> {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { maxReceives, visibilitySeconds: 2 })
  const { region, bucket, queueUrl } = it.aws
  const [s3, sqs] = [openS3({ region, endpoint: proxy.endpoint }), openSqs({ region, endpoint: proxy.endpoint })]
  t.teardown(() => { s3.destroy(); sqs.destroy() })
  return { proxy, it: { ...it, store: openStore(s3, bucket), queue: openQueue(sqs, queueUrl) } }
}
