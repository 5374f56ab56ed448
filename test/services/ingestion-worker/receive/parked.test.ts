// An operator dead-letters a batch that is queued, being processed, or fails repeatedly.
import t from 'tap'
import { listAttempts } from '../../../../lib/batch/attempts.ts'
import { actOn, listAuditEntries } from '../../../../lib/batch/dead-letters.ts'
import { recordAccepted } from '../../../../lib/batch/records.ts'
import { watchParked, type Parked } from '../../../../services/ingestion-worker/receive/parked.ts'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { lockBatchLanes } from '../../../harness/lock.ts'
import { waitLimitMs } from '../../../harness/patience.ts'
import { pipeline, silent, type Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const heartbeat = { visibilitySeconds: 3, maxSeconds: 600 }
const actor = { name: 'someone', reason: 'it blocks the provider' }
const dead = { state: 'dead_lettered', reason: 'OPERATOR: it blocks the provider' }

t.test('queued: the batch is never begun, its message is deleted, a redrive applies it', async t => {
  const it = await pipeline(t)
  const { id } = await it.submit(csv)
  const api = it.db.open('ingestion_api')
  t.equal(await actOn(api, it, id, 'dead_letter', actor), null, 'the batch has no row yet')
  await it.db.migrator`
    insert into batches (id, provider, mode, format, digest, bytes, accepted_at) values (${id}, 'demo', 'apply', 'csv', ${id}, 1, now())`
  const twice = await Promise.all([1, 2].map(() => actOn(api, it, id, 'dead_letter', actor)))
  t.equal(twice.filter(result => result!.changed).length, 1, 'of two concurrent commands one has an effect')
  startWorker(t, it)
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await it.settled(id, 'dead_lettered'), dead)
  t.same(await it.db.migrator`select 1 from batch_attempts`, [])
  await actOn(api, it, id, 'redrive', actor)
  await it.settled(id, 'applied')
  t.match(await listAuditEntries(api, id), [{ action: 'dead_letter', actor: 'someone', reason: actor.reason }, { action: 'redrive' }])
  t.match(await actOn(api, it, id, 'dead_letter', actor), { state: 'applied', changed: false })
})

t.test('being processed: its worker cancels the batch at the next heartbeat', async t => {
  const it = await pipeline(t)
  startWorker(t, it, { heartbeat })
  const lock = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await lock.awaited()
  await actOn(it.db.open('ingestion_api'), it, id, 'dead_letter', actor)
  await waitFor(async () => await it.queue.countMessages() === 0) // the read model is still locked
  t.match(await it.db.migrator`select outcome, reason from batch_attempts`, [{ outcome: 'failed', reason: /^DEAD_LETTERED_BY_OPERATOR: / }])
  await lock.release()
  const next = await it.submit(csv, { key: 'next' })
  await it.settled(next.id, 'applied')
  t.match(await it.settled(id, 'dead_lettered'), dead)
  t.equal(await it.visible(id), 0)
})

t.test('held while a dependency is unavailable: the batch is cancelled as well', async t => {
  const it = await pipeline(t)
  await refuse(it, '55P03')
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { heartbeat, metrics })
  const { id } = await it.submit(csv)
  await waitFor(async () => (await valueOf(metrics, 'freight_failures_total', { class: 'wait' }))! >= 2)
  await actOn(it.db.open('ingestion_api'), it, id, 'dead_letter', actor)
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await it.settled(id, 'dead_lettered'), dead)
})

t.test('released and hidden: its message is deleted long before it becomes visible', async t => {
  const it = await pipeline(t)
  const worker = it.db.open('ingestion_worker')
  const before = watchParked(worker, it.queue, silent, 600_000)
  const { id } = await parkedBatch(it, before)
  await before.stop()
  const next = await it.submit(csv, { key: 'next' })
  await actOn(it.db.open('ingestion_api'), it, id, 'dead_letter', actor)
  // The worker that released the message has exited. Another worker deletes the message, in the round after one that fails.
  let removals = 0
  const queue: Pipeline['queue'] = {
    ...it.queue,
    async remove (delivery) {
      if (++removals === 1) throw new Error('not this time')
      await it.queue.remove(delivery)
    },
  }
  const parked = watchParked(worker, queue, silent, 50)
  t.teardown(parked.stop)
  t.match(await it.queue.receive(20, AbortSignal.timeout(waitLimitMs)), { batchId: next.id })
  t.equal(removals, 2)
  await waitFor(async () => (await it.db.migrator`select 1 from parked_messages`).length === 0)
})

t.test('released after a failure: the message is deleted as well, and the next batch is applied', async t => {
  const it = await pipeline(t)
  const failing = await it.submit(csv)
  await refuse(it, 'P0001', failing.id)
  startWorker(t, it, { heartbeat })
  await waitFor(async () => (await it.db.migrator`select 1 from parked_messages where batch_id = ${failing.id}`).length === 1)
  await actOn(it.db.open('ingestion_api'), it, failing.id, 'dead_letter', actor)
  const next = await it.submit(csv, { key: 'next' })
  await it.settled(next.id, 'applied')
  t.match(await it.settled(failing.id, 'dead_lettered'), dead)
  await waitFor(async () => (await it.db.migrator`select 1 from parked_messages`).length === 0)
})

t.test('released and hidden, dead-lettered and redriven before a worker looks: the redrive does not wait for the hidden message', async t => {
  const it = await pipeline(t)
  const parked = watchParked(it.db.open('ingestion_worker'), it.queue, silent, 50)
  const api = it.db.open('ingestion_api')
  const { id } = await parkedBatch(it, parked)
  await parked.stop()
  await actOn(api, it, id, 'dead_letter', actor)
  await actOn(api, it, id, 'redrive', actor)
  const later = watchParked(it.db.open('ingestion_worker'), it.queue, silent, 50)
  t.teardown(later.stop)
  const delivery = await it.queue.receive(20, AbortSignal.timeout(waitLimitMs))
  t.match(delivery, { batchId: id, receives: 1 })
  // The message is hidden again after the redrive, and its batch is not dead-lettered again. The round that deletes another batch's message leaves
  // this message.
  await it.queue.release(delivery!, 600)
  await later.park(delivery!, 600)
  const other = await parkedBatch(it, later, 'demo-2')
  await actOn(api, it, other.id, 'dead_letter', actor)
  await waitFor(async () => await it.queue.countMessages() === 1)
  await waitFor(async () => (await it.db.migrator`select 1 from parked_messages`).length === 1)
  t.match(await it.db.migrator`select batch_id from parked_messages`, [{ batch_id: id }])
})

t.test('the rows of messages that are visible again are deleted', async t => {
  const it = await pipeline(t)
  const parked = watchParked(it.db.open('ingestion_worker'), it.queue, silent, 50)
  t.teardown(parked.stop)
  await parkedBatch(it, parked)
  await it.db.migrator`update parked_messages set hidden_until = now() - interval '1 second'`
  await waitFor(async () => (await it.db.migrator`select 1 from parked_messages`).length === 0)
  t.equal(await it.queue.countMessages(), 1)
})

t.test('beside a commit: the commit wins if it holds the row', async t => {
  const it = await pipeline(t)
  startWorker(t, it, { heartbeat })
  const before = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await before.awaited()
  const attempt = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const locking = it.db.migrator.begin(async tx => {
    await tx`select 1 from batch_attempts where batch_id = ${id} for update`
    locked.resolve()
    await attempt.promise
  })
  await locked.promise
  await before.release() // the commit reaches the row of the attempt; the row of the batch already says applied
  await waitFor(() => waits(it, 1))
  const acting = actOn(it.db.open('ingestion_api'), it, id, 'dead_letter', actor)
  await waitFor(() => waits(it, 2))
  attempt.resolve()
  await locking
  t.match(await acting, { state: 'applied', changed: false })
  t.match(await it.settled(id, 'applied', 'dead_lettered'), { state: 'applied', dead_lettered_at: null })
  t.equal(await it.visible(id), 1)
})

t.test('beside a commit: the operator wins if the commit comes second', async t => {
  const it = await pipeline(t)
  startWorker(t, it, { heartbeat: { visibilitySeconds: 600, maxSeconds: 600 } }) // no heartbeat arrives in time
  const lock = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await lock.awaited()
  await actOn(it.db.open('ingestion_api'), it, id, 'dead_letter', actor)
  await lock.release()
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await it.settled(id, 'applied', 'dead_lettered'), dead)
  t.equal(await it.visible(id), 0)
  t.match(await listAttempts(it.db.migrator, id, 10), [
    { attempt: 1, finished_at: String, outcome: 'failed', reason: /^DEAD_LETTERED_BY_OPERATOR: /, rows_read: 1, rows_expected: null },
  ])
})

t.test('beside a commit: dead-lettered and discarded before the commit, the attempt is finished too', async t => {
  const it = await pipeline(t)
  startWorker(t, it, { heartbeat: { visibilitySeconds: 600, maxSeconds: 600 } })
  const lock = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await lock.awaited()
  for (const action of ['dead_letter', 'discard'] as const) await actOn(it.db.open('ingestion_api'), it, id, action, actor)
  await lock.release()
  await waitFor(async () => await it.queue.countMessages() === 0)
  await it.settled(id, 'discarded')
  t.match(await listAttempts(it.db.migrator, id, 10), [{ finished_at: String, outcome: 'failed', reason: /^DEAD_LETTERED_BY_OPERATOR: / }])
})

t.test('a batch that fails with class wait while others finish is of class unknown from the fifth time on, and does not pause receiving', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  const poison = await it.submit(csv)
  await refuse(it, '55P03', poison.id)
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { metrics, waitMaxMs: 400 })
  const failures = async (of: string): Promise<number> => (await valueOf(metrics, 'freight_failures_total', { class: of }))!
  await waitFor(async () => await failures('wait') >= 4)
  t.match(await it.settled(poison.id, 'processing'), { waits: 0 }, 'alone the batch is still of class wait')
  for (let others = 0; await failures('unknown') === 0; others++) {
    const before = await failures('wait')
    const { id } = await it.submit(csv, { provider: 'demo-2', key: String(others) })
    await it.settled(id, 'applied')
    await waitFor(async () => await failures('wait') > before || await failures('unknown') > 0)
  }
  const waitedBefore = await failures('wait')
  t.match(await it.settled(poison.id, 'dead_lettered'), { waits: 5, reason: /^55P03: / })
  t.equal(await failures('unknown'), 2, 'each receive has one attempt')
  t.equal(await failures('wait'), waitedBefore)
  await it.db.migrator`drop trigger refuse on applied_batches`
  await actOn(it.db.open('ingestion_api'), it, poison.id, 'redrive', actor)
  t.match(await it.settled(poison.id, 'applied'), { waits: 0 })
})

/** Creates a batch with a row, whose message was received, released and parked. */
async function parkedBatch (it: Pipeline, parked: Parked, provider = 'demo'): Promise<{ id: string }> {
  const manifest = await it.submit(csv, { provider })
  await recordAccepted(it.db.open('ingestion_api'), manifest)
  const delivery = (await it.queue.receive(5, AbortSignal.timeout(waitLimitMs)))!
  await it.queue.release(delivery, 600)
  await parked.park(delivery, 600)
  return manifest
}

/** Makes the last step of a batch fail with this SQLSTATE from now on: of the named batch, or of every batch. */
async function refuse ({ db: { migrator } }: Pipeline, code: string, id = '%'): Promise<void> {
  await migrator.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.batch_id like '${id}' then raise exception 'refused' using errcode = '${code}'; end if;
      return new;
    end $$;
    create trigger refuse before insert on applied_batches for each row execute function refuse()`).simple()
}

/** Returns whether this number of sessions wait for another transaction to finish. */
async function waits ({ db: { migrator } }: Pipeline, sessions: number): Promise<boolean> {
  const waiting = await migrator`
    select distinct pid from pg_locks where not granted and locktype in ('transactionid', 'tuple')
      and pid in (select pid from pg_locks where database = (select oid from pg_database where datname = current_database()))`
  return waiting.length >= sessions
}
