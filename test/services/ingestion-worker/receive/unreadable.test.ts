import { PutObjectCommand } from '@aws-sdk/client-s3'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import t, { type Test } from 'tap'
import { actOn, listDeadLetters } from '../../../../lib/batch/dead-letters.ts'
import type { Dependencies } from '../../../../services/ingestion-worker/app.ts'
import { openMetrics, valueOf, type Metrics } from '../../../../lib/metrics/metrics.ts'
import { patience } from '../../../harness/patience.ts'
import { restorePayload, removeObject } from '../../../harness/payloads.ts'
import { pipeline, type Pipeline } from '../../../harness/pipeline.ts'
import { testSystem } from '../../../harness/system.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
/** Content that the store has in place of the accepted payload. */
const stored = csv.replace('100', '999')
const secondLookMs = 200
/** More than the receives of one minute: no message reaches this limit here. */
const maxReceives = 10

type Damage = (it: Pipeline, batch: Awaited<ReturnType<Pipeline['submit']>>) => Promise<unknown>
const put = ({ aws }: Pipeline, key: string, body: string) => aws.s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: key, Body: body }))

const damages: Array<[what: string, damage: Damage, reason: RegExp]> = [
  ['its payload is missing', (it, { payload }) => removeObject(it.aws, payload.key), /^NoSuch(Key|Version): /],
  ['its manifest is missing', (it, { id }) => removeObject(it.aws, `batches/${id}.json`), /^NO_MANIFEST: /],
  ['its manifest is truncated', (it, { id }) => put(it, `batches/${id}.json`, '{"version":1,"id":'), /^INVALID_MANIFEST: /],
  ['its manifest lacks a required member', (it, { id }) => put(it, `batches/${id}.json`, JSON.stringify({ version: 1, id: 'f'.repeat(64) })), /^INVALID_MANIFEST: /],
]

// In a versioned bucket the pinned version remains: test/system/emulators/versions.ts.
if (!testSystem().keepsVersions) {
  damages.push(['its payload is overwritten', (it, { payload }) => put(it, payload.key, stored), /^PreconditionFailed: /])
}

for (const [what, damage, reason] of damages) {
  t.test(`${what}: dead-lettered at its first receive, the provider's next batch does not wait`, async t => {
    const it = await pipeline(t, { maxReceives })
    const poison = await it.submit(csv)
    await known(it, poison)
    await damage(it, poison)
    const next = await it.submit(csv, { key: 'next' })
    const metrics = start(t, it)
    const dead = await it.settled(poison.id, 'dead_lettered')
    t.match(dead.reason, reason)
    const applied = await it.settled(next.id, 'applied')
    const waitedMs = (applied.finished_at as Date).getTime() - (dead.dead_lettered_at as Date).getTime()
    t.ok(waitedMs < 5_000 * patience, `the next batch is applied ${waitedMs} ms later`)
    t.equal(await valueOf(metrics, 'freight_failures_total', { class: 'corrupt' }), 2, 'read twice')
    t.match(await listDeadLetters(it.db.open('ingestion_api'), { limit: 10 }), [{ id: poison.id, provider: 'demo' }])
    await waitFor(async () => await it.queue.countMessages() === 0)
    t.equal(await it.deadLetters.countMessages(), 0)
  })
}

t.test('a batch that the second read finds as accepted is applied', async t => {
  const it = await pipeline(t, { maxReceives: 1 })
  const batch = await it.submit(csv, { stored })
  const metrics = start(t, it, { secondLookMs: 4_000 })
  await waitFor(async () => await valueOf(metrics, 'freight_failures_total', { class: 'corrupt' }) === 1)
  await restorePayload(it, batch, csv)
  await it.settled(batch.id, 'applied')
  t.equal(await it.visible(batch.id), 1)
})

t.test('after a failure of another class the store is read twice again', async t => {
  const it = await pipeline(t, { maxReceives: 1 })
  const batch = await it.submit(csv)
  await known(it, batch)
  let reads = 0
  const store: Pipeline['store'] = {
    ...it.store,
    async readManifest (id) {
      reads++
      if (reads === 2) throw Object.assign(new Error('unavailable'), { code: 'ECONNREFUSED' })
      return reads <= 3 ? null : await it.store.readManifest(id)
    },
  }
  const metrics = start(t, { ...it, store }, { waitMaxMs: 100 })
  t.match(await it.settled(batch.id, 'applied', 'dead_lettered'), { state: 'applied' })
  t.equal(await valueOf(metrics, 'freight_failures_total', { class: 'corrupt' }), 2)
  t.equal(await valueOf(metrics, 'freight_failures_total', { class: 'wait' }), 1)
})

const pinned = testSystem().keepsVersions && 'an overwritten payload is read as it was accepted: test/system/emulators/versions.ts'
t.test('an overwritten payload that is restored: a redrive applies it', { skip: pinned }, async t => {
  const it = await pipeline(t, { maxReceives })
  const batch = await it.submit(csv)
  await put(it, batch.payload.key, 'something else')
  start(t, it)
  await it.settled(batch.id, 'dead_lettered')
  await put(it, batch.payload.key, csv)
  await actOn(it.db.open('ingestion_api'), it, batch.id, 'redrive', { name: 'someone', reason: null })
  await it.settled(batch.id, 'applied')
  t.equal(await it.visible(batch.id), 1)
})

t.test('messages that name no known batch are parked, and delay no other batch', async t => {
  const it = await pipeline(t, { maxReceives })
  const { sqs, queueUrl } = it.aws
  const send = (MessageBody: string, id: string, MessageGroupId = 'demo') => sqs.send(new SendMessageCommand({
    QueueUrl: queueUrl, MessageBody, MessageGroupId, MessageDeduplicationId: id,
  }))
  const unknown = 'a'.repeat(64)
  await send(JSON.stringify({ version: 1, id: unknown }), '1')
  await send(JSON.stringify({ version: 1, id: 'b'.repeat(64) }), '5', 'demo-2') // of two groups: this is no evidence against the store
  await send('none of ours ', '2')
  await send('none of ours ', '3')
  await send('x'.repeat(100_000), '4')
  const next = await it.submit(csv)
  const metrics = start(t, it)
  await it.settled(next.id, 'applied')
  await waitFor(async () => await valueOf(metrics, 'freight_stray_messages_total') === 5)
  t.same(await it.db.migrator`select 1 from unreadable_batches`, [])
  t.match(await it.db.migrator`select message_group, body, reason, messages from stray_messages where message_group = 'demo' order by length(body)`, [
    { message_group: 'demo', body: 'none of ours ', reason: /^NO_BATCH_ID: /, messages: 2 },
    { message_group: 'demo', body: JSON.stringify({ version: 1, id: unknown }), reason: /^NO_MANIFEST: /, messages: 1 },
    { message_group: 'demo', body: 'x'.repeat(1_000), reason: /^NO_BATCH_ID: /, messages: 1 },
  ])
  t.equal(await it.db.migrator`select count(*)::int as count from batches where state = 'dead_lettered'`.then(rows => rows[0]!.count), 0)
})

t.test('two providers at once: one batch is dead-lettered, the other held; both workers pause receiving; all resumes when the store is readable again', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  const damaged = [await it.submit(csv, { provider: 'demo-1', stored }), await it.submit(csv, { provider: 'demo-2', stored })]
  const workers = [start(t, it, { backlogSeconds: 1 }), start(t, it, { backlogSeconds: 1 })]
  await waitFor(async () => (await it.db.migrator`select 1 from batches where state = 'dead_lettered'`).length === 1)
  await waitFor(async () => {
    const heldBatches = await Promise.all(workers.map(metrics => valueOf(metrics, 'freight_unreadable_batches')))
    const ready = await Promise.all(workers.map(metrics => valueOf(metrics, 'freight_worker_ready')))
    return heldBatches.every(count => count === 1) && ready.every(isReady => isReady === 0)
  })
  const third = await it.submit(csv, { provider: 'demo-3', stored })
  const lastCheck = async () => (await it.db.migrator`select max(checked_at)::text as at from unreadable_batches`)[0]!.at as string
  const before = await lastCheck()
  await waitFor(async () => await lastCheck() !== before)
  t.equal((await it.db.migrator`select 1 from batches where state = 'dead_lettered'`).length, 1, 'no more batches are dead-lettered')
  t.equal((await it.db.migrator`select 1 from batch_attempts where batch_id = ${third.id}`).length, 0, 'no more batches are begun')

  const [dead] = await it.db.migrator`select id from batches where state = 'dead_lettered'`
  for (const manifest of [...damaged, third]) await restorePayload(it, manifest, csv)
  for (const { id } of [...damaged, third].filter(batch => batch.id !== dead!.id)) await it.settled(id, 'applied')
  await actOn(it.db.open('ingestion_api'), it, dead!.id as string, 'redrive', { name: 'someone', reason: 'the store has recovered' })
  await it.settled(dead!.id as string, 'applied')
})

t.test('two providers\' batches that are permanently broken: another readable batch shows that the store is not at fault', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  const damaged = [await it.submit(csv, { provider: 'demo-1', stored }), await it.submit(csv, { provider: 'demo-2', stored })]
  start(t, it, { suspectSeconds: 1 })
  await waitFor(async () => (await it.db.migrator`select 1 from unreadable_batches where held_since is not null`).length === 1)
  const innocent = await it.submit(csv, { provider: 'demo-3' })
  await known(it, innocent) // as the ingestion API does after the acceptance
  await it.settled(innocent.id, 'applied')
  for (const { id } of damaged) await it.settled(id, 'dead_lettered')
})

t.test('two batches of one provider do not make the store suspect, nor do those of two providers more than a minute apart', async t => {
  const it = await pipeline(t, { maxReceives })
  start(t, it)
  const batches = []
  for (const [provider, key] of [['demo-1', 'a'], ['demo-1', 'b'], ['demo-2', 'c']] as const) {
    const batch = await it.submit(csv, { provider, key, stored })
    batches.push(batch)
    if (key === 'b') {
      for (const { id } of batches) await it.settled(id, 'dead_lettered')
      await it.db.migrator`update unreadable_batches set failed_at = failed_at - interval '61 seconds'`
    }
  }
  for (const { id } of batches) await it.settled(id, 'dead_lettered')
})

t.test('after its last receive a message is released at once', async t => {
  const it = await pipeline(t, { maxReceives: 2, visibilitySeconds: 600 })
  const failing = await it.submit(csv)
  await it.db.migrator`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused' using errcode = 'P0001'; end $$`
  await it.db.migrator`create trigger refuse before insert on applied_batches for each row execute function refuse()`
  const hiddenSeconds: Array<number | undefined> = []
  const queue: Pipeline['queue'] = {
    ...it.queue,
    release (delivery, seconds) {
      hiddenSeconds.push(seconds)
      return it.queue.release(delivery, seconds)
    },
  }
  start(t, { ...it, queue })
  t.match(await it.settled(failing.id, 'dead_lettered'), { reason: /^P0001: / })
  t.equal(hiddenSeconds.length, 2)
  t.ok(hiddenSeconds[0]! > 0)
  t.equal(hiddenSeconds[1], 0)
})

function start (t: Test, it: Pipeline, options: Partial<Dependencies> = {}): Metrics {
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { metrics, secondLookMs, ...options })
  return metrics
}

/** Inserts the row of an accepted batch. */
async function known ({ db }: Pipeline, { id, provider, mode, format, digest, bytes, decodedBytes, acceptedAt }: Awaited<ReturnType<Pipeline['submit']>>): Promise<void> {
  await db.migrator`
    insert into batches (id, provider, mode, format, digest, bytes, decoded_bytes, accepted_at)
    values (${id}, ${provider}, ${mode}, ${format}, ${digest}, ${bytes}, ${decodedBytes}, ${acceptedAt}) on conflict do nothing`
}
