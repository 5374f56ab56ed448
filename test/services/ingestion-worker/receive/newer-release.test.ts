import { PutObjectCommand } from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import t, { type Test } from 'tap'
import { listAttempts } from '../../../../lib/batch/attempts.ts'
import { actOn } from '../../../../lib/batch/dead-letters.ts'
import { profileVersion } from '../../../../lib/batch/profile.ts'
import { recordAccepted } from '../../../../lib/batch/records.ts'
import type { Store } from '../../../../lib/batch/store/store.ts'
import type { Dependencies } from '../../../../services/ingestion-worker/app.ts'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { removeObject } from '../../../harness/payloads.ts'
import { pipeline, type Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'

t.test('a manifest of a newer release: hidden for a minute, and nothing about the batch changes', async t => {
  const { it, manifest: { id }, failures } = await begin(t, {})
  await failures(1)
  await waitFor(async () => await hiddenMessages(it) === 1)
  t.equal(await it.queue.receive(1, AbortSignal.timeout(10_000)), null)
  t.match(await it.settled(id, 'queued'), { reason: null, started_at: null })
  t.same(await listAttempts(it.db.open('ingestion_api'), id, 10), [])
})

t.test('a manifest of a newer release is not dead-lettered after the last receive, and a worker that knows it applies the batch once', async t => {
  const { it, manifest, failures } = await begin(t, { newerReleaseSeconds: 0 })
  await failures(7)
  t.equal(await it.deadLetters.countMessages(), 0)
  t.match(await it.settled(manifest.id, 'queued', 'dead_lettered'), { state: 'queued' })
  await writeManifest(it, manifest.id, manifest)
  await it.settled(manifest.id, 'applied')
  t.equal(await it.visible(manifest.id), 1)
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.equal(await it.deadLetters.countMessages(), 0)
})

t.test('after the last receive the provider\'s next batch is applied, and for the sweeper the message is the later one', async t => {
  const { it, manifest: { id }, failures, counted } = await begin(t, { newerReleaseSeconds: 0 })
  const next = await it.submit(csv, { key: 'next' })
  const applied = await it.settled(next.id, 'applied')
  await failures(await counted() + 3)
  const queued = await it.settled(id, 'queued')
  t.ok(queued.queued_at as Date > (applied.finished_at as Date), 'sweepLost compares queued_at')
})

t.test('a batch of a newer release that an operator dead-letters: its message is deleted', async t => {
  const { it, manifest: { id }, failures } = await begin(t, { newerReleaseSeconds: 1 })
  await failures(1)
  await actOn(it.db.open('ingestion_api'), it, id, 'dead_letter', { name: 'someone', reason: 'it is not needed' })
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await it.settled(id, 'dead_lettered'), { reason: 'OPERATOR: it is not needed' })
})

t.test('a worker of release 0.3.0 leaves a batch with a profile to the workers of this release', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  const profile = { epoch: 1900 } as const
  const { id } = await it.submit('POL,POD,Date,Rate\nCNGGZ,EETLL,44201,100\n', { profile: { name: 'acme', version: profileVersion(profile), ...profile } })
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, { ...it, store: storeOf030(it.store) }, { metrics, newerReleaseSeconds: 0 })
  await waitFor(async () => await valueOf(metrics, 'freight_failures_total', { class: 'newer' }) as number >= 5)
  t.equal(await it.deadLetters.countMessages(), 0)
  startWorker(t, it)
  await it.settled(id, 'applied')
  t.equal(await it.visible(id), 1)
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.equal(await it.deadLetters.countMessages(), 0)
})

/** Returns a store that reads manifests as release 0.3.0 does: of the versions 1 and 2 only. */
const storeOf030 = (store: Store): Store => ({
  ...store,
  async readManifest (id) {
    const manifest = await store.readManifest(id)
    if (manifest && manifest.version > 2) throw Object.assign(new Error(`The manifest of batch ${id} has version ${manifest.version}`), { code: 'MANIFEST_VERSION' })
    return manifest
  },
})

t.test('a decision of a newer release: the batch returns to the queue, and keeps no attempt open', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  const { id } = await it.submit(csv)
  await put(it, `decisions/${id}.json`, { version: 2, id })
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { metrics, newerReleaseSeconds: 0 })
  await waitFor(async () => await valueOf(metrics, 'freight_failures_total', { class: 'newer' }) as number >= 5)
  t.equal(await it.deadLetters.countMessages(), 0)
  t.match((await listAttempts(it.db.open('ingestion_api'), id, 10))[0], { outcome: 'failed', reason: /^DECISION_VERSION: / })
  await removeObject(it.aws, `decisions/${id}.json`)
  await it.settled(id, 'applied')
  t.equal(await it.visible(id), 1)
})

/** Starts a worker with a batch whose manifest is of a newer release, on a queue with two receives. */
async function begin (t: Test, options: Partial<Dependencies>) {
  const it = await pipeline(t, { maxReceives: 2 })
  const manifest = await it.submit(csv)
  await recordAccepted(it.db.open('ingestion_api'), manifest)
  await writeManifest(it, manifest.id, { ...manifest, version: 4 })
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { ...options, metrics })
  const counted = async (): Promise<number> => await valueOf(metrics, 'freight_failures_total', { class: 'newer' }) ?? 0
  const failures = (atLeast: number): Promise<void> => waitFor(async () => await counted() >= atLeast)
  return { it, manifest, failures, counted }
}

const put = ({ aws }: Pipeline, key: string, body: object) =>
  aws.s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: key, Body: JSON.stringify(body) }))
const writeManifest = (it: Pipeline, id: string, manifest: object) => put(it, `batches/${id}.json`, manifest)

async function hiddenMessages ({ aws }: Pipeline): Promise<number> {
  const name = 'ApproximateNumberOfMessagesNotVisible'
  const { Attributes } = await aws.sqs.send(new GetQueueAttributesCommand({ QueueUrl: aws.queueUrl, AttributeNames: [name] }))
  return Number(Attributes?.[name])
}
