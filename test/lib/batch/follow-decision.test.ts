// The final state of a batch that is not applied is decided in the store before its row has the state. No crash, redelivery or restore then applies
// the batch.
import t from 'tap'
import { listAttempts } from '../../../lib/batch/attempts.ts'
import type { Manifest } from '../../../lib/batch/batch.ts'
import { actOn, listAuditEntries } from '../../../lib/batch/dead-letters.ts'
import { decideInTime } from '../../../lib/batch/store/decide.ts'
import type { Decision } from '../../../lib/batch/store/decision.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { withPrices } from '../../../lib/batch/store/manifest.ts'
import { applyBatch } from '../../../services/ingestion-worker/apply/apply.ts'
import type { Outcome } from '../../../services/ingestion-worker/apply/outcome.ts'
import { beginAttempt } from '../../../services/ingestion-worker/receive/attempt.ts'
import { awsProxy, type Which } from '../../harness/aws-proxy.ts'
import { lockBatchLanes } from '../../harness/lock.ts'
import { pipeline, type Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const unknownPort = csv.replace('EETLL', 'XXXXX')
const actor = { name: 'someone', reason: 'obsolete' }
const theDecision: Which = ({ method, key }) => method === 'PUT' && key.startsWith('decisions/')
const states = async ({ db }: Pipeline) => (await db.migrator`select state from batches order by accepted_at`).map(({ state }) => state as string)
const discarded = (id: string): Decision => ({ version: 1, id, provider: 'demo', state: 'discarded', decidedAt: new Date().toISOString(), actor })
const crash = (): Error => Object.assign(new Error('the process crashed here'), { code: 'CRASHED' })

t.test('the row of a rejected batch has the values of the decision, and only after the decision is stored', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { endpoint: proxy.endpoint })
  startWorker(t, it)
  const heldCall = proxy.hold(theDecision, 'call')
  const { id } = await it.submit(unknownPort)
  await heldCall.reached
  t.same(await states(it), ['processing'])
  heldCall.release()
  const row = await it.settled(id, 'rejected')
  const decision = await it.store.readDecision(id)
  t.match(decision, {
    id, provider: 'demo', state: 'rejected', rows: row.row_count, errors: row.error_count, firstErrors: row.first_errors, lastLineEnded: row.last_line_ended,
    under: row.checked_under,
  })
  t.equal(new Date(decision!.decidedAt).getTime(), (row.finished_at as Date).getTime())
  const dry = await it.submit(csv, { mode: 'dry_run' })
  await it.settled(dry.id, 'validated')
  t.match(await it.store.readDecision(dry.id), { state: 'validated', rows: 1, errors: 0, firstErrors: [] })
  const good = await it.submit(csv)
  await it.settled(good.id, 'applied')
  t.equal(await it.store.readDecision(good.id), null, 'an applied batch has no decision')
})

t.test('the database is lost between the decision and the row: the next attempt follows the decision, although the batch would be applied now', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { endpoint: proxy.endpoint })
  startWorker(t, it)
  const heldCall = proxy.hold(theDecision, 'response')
  const { id } = await it.submit(unknownPort)
  await heldCall.reached
  await it.db.migrator`insert into ports (code, name, parent_slug) select 'XXXXX', 'New', parent_slug from ports where code = 'EETLL'`
  await it.db.open('postgres')`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'ingestion_worker'`
  heldCall.release()
  t.match(await it.settled(id, 'rejected', 'applied'), { state: 'rejected', error_count: 1, first_errors: [{ code: 'unknown_port' }] })
  t.match(await it.db.migrator`select attempt, outcome from batch_attempts order by attempt desc limit 1`, [{ attempt: 2, outcome: 'rejected' }])
  t.equal(await it.visible(id), 0)
})

t.test('the store is unavailable: the batch is not rejected until the decision is stored', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { endpoint: proxy.endpoint })
  startWorker(t, it, { waitMaxMs: 200 })
  const back = proxy.cut(theDecision)
  const { id } = await it.submit(unknownPort)
  await waitFor(async () => (await it.db.migrator`select 1 from batch_attempts where outcome = 'failed'`).length >= 2)
  t.same(await states(it), ['processing'])
  back()
  await it.settled(id, 'rejected')
})

t.test('the store does not respond: the signal or the deadline ends the attempt, and its call', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { endpoint: proxy.endpoint })
  const manifest = await it.submit(unknownPort)
  for (const which of [theDecision, ({ method, key }) => method === 'GET' && key.startsWith('decisions/')] satisfies Which[]) {
    const [held, stop] = [proxy.hold(which, 'call'), new AbortController()]
    const stopped = attempt(it, manifest, it.store, 1, stop.signal)
    await held.reached
    const before = performance.now()
    stop.abort(crash())
    await t.rejects(stopped, { name: 'AbortError' })
    t.ok(performance.now() - before < 10_000, 'and not at the deadline')

    const late = proxy.hold(which, 'call')
    let deciding: Promise<Decision> | undefined
    const store: Store = { ...it.store, decide: (...args) => { deciding = it.store.decide(...args); return deciding } }
    await t.rejects(decideInTime(store, discarded(manifest.id), { ms: 50 }), { code: 'ETIMEDOUT' })
    await t.rejects(deciding!, { name: 'AbortError' }, 'a late write would decide the batch after its row is released')
    late.cancel() // on a slow machine the deadline is over before the call is sent
  }
  t.equal(await it.store.readDecision(manifest.id), null)
  t.equal(await attempt(it, manifest), 'rejected')
})

t.test('a batch with a decision is not applied, whatever is delivered to whichever database', async t => {
  const it = await pipeline(t)
  const manifest = await it.submit(csv)
  await it.store.decide(discarded(manifest.id))
  await it.store.deletePayload(manifest.payload) // the payload is not needed
  startWorker(t, it)
  const row = await it.settled(manifest.id, 'discarded', 'applied', 'dead_lettered')
  t.equal(row.state, 'discarded')
  t.match(await listAuditEntries(it.db.migrator, manifest.id), [{ action: 'discard', actor: 'someone', reason: 'obsolete' }])
  await waitFor(async () => await it.queue.countMessages() === 0)
})

t.test('a worker that already processes the batch, and an operator whose process exits between the decision and the row', async t => {
  const it = await pipeline(t)
  startWorker(t, it)
  const lock = await lockBatchLanes(t, it.db)
  const { id } = await it.submit(csv)
  await lock.awaited()
  await it.db.migrator`update batches set state = 'dead_lettered', dead_lettered_at = now(), reason = 'UNKNOWN: recorded while a worker has it' where id = ${id}`
  await it.store.decide(discarded(id))
  await lock.release()
  t.match(await it.settled(id, 'discarded', 'applied'), { state: 'discarded' })
  t.equal(await it.visible(id), 0)
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await listAttempts(it.db.migrator, id, 10), [{ finished_at: String, outcome: 'discarded', reason: null }])
})

t.test('two deliveries of a dry run: the attempt that decides second is finished as well', async t => {
  const it = await pipeline(t)
  const [opened, checked, resume] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let payloads = 0
  const store: Store = {
    ...it.store,
    async readDecision (...args) {
      const decision = await it.store.readDecision(...args)
      checked.resolve()
      return decision
    },
    async openPayload (...args) {
      const isFirst = ++payloads === 1
      const payload = await it.store.openPayload(...args)
      if (isFirst) {
        opened.resolve()
        await resume.promise
      }
      return payload
    },
  }
  startWorker(t, { ...it, store })
  const { id } = await it.submit(csv, { mode: 'dry_run' })
  await Promise.all([opened.promise, checked.promise])
  await it.queue.send(id, 'demo-2', 'copy')
  await it.settled(id, 'validated')
  resume.resolve()
  await waitFor(async () => await it.queue.countMessages() === 0)
  t.match(await listAttempts(it.db.migrator, id, 10), [
    { finished_at: String, outcome: 'already final', reason: null, rows_read: 1 },
    { finished_at: String, outcome: 'validated', reason: null, rows_read: 1 },
  ])
})

t.test('of two attempts with different results the second writes no decision', async t => {
  const it = await pipeline(t)
  const manifest = await it.submit(csv)
  const [reported, resume] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const store: Store = {
    ...it.store,
    async putReport (...args) {
      const report = await it.store.putReport(...args)
      reported.resolve()
      await resume.promise
      return report
    },
    async decide (decision) {
      await it.store.decide(decision)
      throw crash()
    },
  }
  // This worker has other rules. Its process would exit as soon as the decision is stored.
  const rejecting = attempt(it, manifest, store, 1).catch(error => error)
  await reported.promise
  const lock = await lockBatchLanes(t, it.db)
  const applying = attempt(it, manifest)
  await lock.awaited()
  resume.resolve()
  await waitFor(async () => (await it.db.migrator`
    select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`).length > 0)
  await lock.release()
  t.equal(await applying, 'applied')
  t.equal(await rejecting, 'already final')
  t.equal(await it.store.readDecision(manifest.id), null)
})

t.test('an operator discards', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { endpoint: proxy.endpoint })
  const api = it.db.open('ingestion_api')
  const deadLetter = async (key: string): Promise<string> => {
    const { id } = await it.submit(csv, { key })
    await it.db.migrator`
      insert into batches (id, provider, mode, format, digest, bytes, accepted_at, state, dead_lettered_at, reason)
      values (${id}, 'demo', 'apply', 'csv', ${id}, 1, now(), 'dead_lettered', now(), 'X: y')`
    return id
  }
  const stateOf = async (id: string) => (await it.db.migrator`select state from batches where id = ${id}`)[0]!.state as string

  t.test('the decision has the actor and the reason', async t => {
    const id = await deadLetter('1')
    const twice = await Promise.all([1, 2].map(() => actOn(api, it, id, 'discard', actor)))
    t.same(twice.map(result => result!.changed).sort(), [false, true])
    t.match(await it.store.readDecision(id), { state: 'discarded', provider: 'demo', actor })
    t.match(await listAuditEntries(api, id), [{ action: 'discard', actor: 'someone', reason: 'obsolete' }])
  })

  t.test('the store is unavailable: no data is changed', async t => {
    const id = await deadLetter('2')
    const back = proxy.cut(theDecision)
    await t.rejects(actOn(api, it, id, 'discard', actor), { code: 'store-unavailable' })
    t.equal(await stateOf(id), 'dead_lettered')
    t.same(await listAuditEntries(api, id), [])
    back()
    t.match(await actOn(api, it, id, 'discard', actor), { state: 'discarded', changed: true })
  })

  t.test('the process exits between the decision and the row: a redrive sends no message, the batch is discarded', async t => {
    const id = await deadLetter('3')
    const store: Store = { ...it.store, async decide (decision) { await it.store.decide(decision); throw crash() } }
    await t.rejects(actOn(api, { ...it, store }, id, 'discard', actor))
    t.equal(await stateOf(id), 'dead_lettered')
    const messages = await it.queue.countMessages()
    t.match(await actOn(api, it, id, 'redrive', { name: 'other', reason: null }), { state: 'discarded', changed: false })
    t.equal(await it.queue.countMessages(), messages)
    t.match(await listAuditEntries(api, id), [{ action: 'discard', actor: 'someone' }])
    t.match(await actOn(api, it, id, 'discard', actor), { state: 'discarded', changed: false })
    t.equal((await listAuditEntries(api, id)).length, 1)
  })

  t.test('a redrive without the payload is refused, but not while the store is unavailable', async t => {
    const id = await deadLetter('4')
    const { payload } = withPrices((await it.store.readManifest(id))!)
    t.equal(await it.store.payloadState(payload), 'stored')
    t.equal(await it.store.payloadState({ ...payload, versionId: null, etag: '"other"' }), 'changed')
    await it.store.deletePayload(payload)
    await t.rejects(actOn(api, it, id, 'redrive', actor), { code: 'payload-gone' })
    t.equal(await stateOf(id), 'dead_lettered')
    const back = proxy.cut(({ service }) => service === 's3')
    t.match(await actOn(api, it, id, 'redrive', actor), { state: 'queued', changed: true })
    back()
  })
})

async function attempt (
  it: Pipeline, manifest: Manifest, store = it.store, maxPriceUsd = 1_000_000, signal = new AbortController().signal
): Promise<Outcome> {
  const sql = it.db.open('ingestion_worker')
  const limits = { maxRows: 1_000_000, maxRowBytes: 65_536, maxDecodedBytes: 1e9, maxPriceUsd }
  return await applyBatch({ sql, store, limits, signal, onProgress: () => {} }, manifest, (await beginAttempt(sql, manifest, 'test'))!)
}
