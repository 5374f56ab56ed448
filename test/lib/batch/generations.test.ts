import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { accept } from '../../../lib/batch/accept.ts'
import { publishWorkerRules } from '../../../lib/batch/conditions.ts'
import { findCurrentGeneration, generationsOf } from '../../../lib/batch/generations.ts'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { readText } from '../../../lib/reference/files.ts'
import { loadReference } from '../../../lib/reference/load.ts'
import { header, ingestionApi, sha256, type Call, type Options, type Result, type TestIngestionApi } from '../../harness/ingestion-api.ts'
import { formerManifest, uploaded } from '../../harness/older-release.ts'
import type { Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

const caseOf = (name: string): string => readFileSync(join(import.meta.dirname, '../../cases/clients', name), 'utf8')
const newPort = caseOf('05-new-port.csv')
const regions = await readText(join(import.meta.dirname, '../../../sql/reference/regions.csv'))
let count = 0
/** Returns content that no other test sends, to the port that 05-ports.csv adds. */
const fresh = (): string => `${header}XKQQX,EETLL,2021-01-31,${++count}\n`

type Fixture = TestIngestionApi & {
  /** Sends a file and waits until its batch is final. */
  send: (content: string | Buffer, options?: Call & { path?: string }) => Promise<Result['body']>
  untilFinal: (id: string) => Promise<Result['body']>
  loadPorts: () => Promise<unknown>
}

async function openFixture (t: Test, { worker = true, ...options }: Options & { worker?: boolean } = {}): Promise<Fixture> {
  const api = await ingestionApi(t, options)
  const { aws, db } = api
  const queues = { queue: openQueue(aws.sqs, aws.queueUrl), deadLetters: openQueue(aws.sqs, aws.deadLetterQueueUrl) }
  if (worker) {
    startWorker(t, { db, aws, store: openStore(aws.s3, aws.bucket), ...queues } as Pipeline)
    await waitFor(async () => (await db.migrator`select 1 from worker_rules`).length === 1)
  }
  const untilFinal = async (id: string): Promise<Result['body']> => {
    let body: Result['body']
    await waitFor(async () => {
      body = (await api.call(`/batches/${id}`)).body
      return ['applied', 'validated', 'rejected'].includes(body.state)
    })
    return body
  }
  return {
    ...api,
    untilFinal,
    async send (content, sending) {
      let response: Result
      // `accepted` means that the database did not respond in time: the machine is busy.
      await waitFor(async () => (response = await api.submit(content, sending)).body.state !== 'accepted')
      t.equal(response!.status, 202)
      return { ...await untilFinal(response!.body.id), ...(response!.body.advice ? { advice: response!.body.advice } : {}) }
    },
    loadPorts: () => loadReference(db.migrator, caseOf('05-ports.csv'), regions),
  }
}

t.jobs = 3
const atOnce = { buffered: true }

t.test('a dry run without a key is checked against the present reference data', atOnce, async t => {
  const { send, loadPorts } = await openFixture(t)
  const dry = { path: '/batches?dry_run=true' }
  const [one, two] = [await send(newPort, dry), await send(newPort, dry)]
  t.match([one, two], [{ state: 'rejected', mode: 'dry_run', first_errors: [{ code: 'unknown_port' }] }, { state: 'rejected' }])
  t.not(one.id, two.id)
  const keyed = { ...dry, headers: { 'idempotency-key': 'dry' } }
  const underKey = await send(newPort, keyed)
  await loadPorts()
  t.match(await send(newPort, dry), { state: 'validated', rows: 1 })
  t.match(await send(newPort, keyed), { id: underKey.id, state: 'rejected' })
})

t.test('a rejected content is checked again as a new batch after reference data has changed', atOnce, async t => {
  const { send, submit, call, loadPorts, untilFinal, db } = await openFixture(t)
  const content = fresh()
  const first = await send(content)
  t.match(first, { state: 'rejected', advice: /checked again/ })
  await loadReference(db.migrator, await readText(join(import.meta.dirname, '../../../sql/reference/ports.csv')), regions)
  t.match(await send(content), { id: first.id, finished_at: first.finished_at }, 'the load changed no data')
  await loadPorts()
  const responses = await Promise.all(Array.from({ length: 20 }, (_, number) => number % 2
    ? submit(content)
    : submit(gzipSync(content), { headers: { 'content-encoding': 'gzip' } })))
  // On a busy machine some requests get 503, or the batch that was accepted last: the database has 3 s to respond.
  const ids = new Set(responses.filter(({ status, body }) => status === 202 && body.id !== first.id).map(({ body }) => body.id))
  t.equal(ids.size, 1, 'concurrent requests are one batch')
  const [second] = [...ids] as [string]
  t.not(second, first.id)
  t.match(await untilFinal(second), { state: 'applied', rows: 1, advice: null })
  t.match((await call(`/batches/${first.id}`)).body, { state: 'rejected' }, 'a final state never changes')
  await loadReference(db.migrator, 'code,name,parent_slug\nXKQQX,Somewhere else,baltic_main\n', regions)
  t.match(await send(content), { id: second, state: 'applied' })
  t.equal((await db.migrator`select 1 from all_prices`).length, 1)
})

t.test('with a key, rejected is final, and the response says what to do', atOnce, async t => {
  const { send, loadPorts } = await openFixture(t)
  const headers = { 'idempotency-key': 'february' }
  const content = fresh()
  const first = await send(content, { headers })
  await loadPorts()
  t.match(await send(content, { headers }), { id: first.id, state: 'rejected', advice: /another key/ })
})

t.test('also after limits, release or the declared number of rows have changed', atOnce, async t => {
  const { send, db } = await openFixture(t)
  const content = fresh()
  const ids = [(await send(content)).id]
  const again = async (path = '/batches'): Promise<void> => { ids.push((await send(content, { path })).id) }
  await again()
  t.equal(new Set(ids).size, 1)
  await db.migrator`update worker_rules set limits = limits || '{"maxRows": 2000000}'`
  await again()
  t.equal(new Set(ids).size, 2)
  await db.migrator`update batches set checked_under = jsonb_set(checked_under, '{limits}', (select limits from worker_rules)) where id = ${ids.at(-1)!}`
  await again()
  t.equal(new Set(ids).size, 2, 'checked under the present limits')
  await db.migrator`update worker_rules set release = '0.0.1'`
  await again()
  t.equal(new Set(ids).size, 3)
  await db.migrator`update batches set checked_under = checked_under || jsonb_build_object('release', '0.0.1', 'limits', (select limits from worker_rules))
    where id = ${ids.at(-1)!}`
  await again()
  t.equal(new Set(ids).size, 3)
  await again('/batches?rows=1')
  t.equal(new Set(ids).size, 4)
})

t.test('a wrong number of rows, then the right one', atOnce, async t => {
  const { send } = await openFixture(t)
  const content = fresh().replace('XKQQX', 'CNGGZ')
  const wrong = await send(content, { path: '/batches?rows=2' })
  t.match(wrong, { state: 'rejected', first_errors: [{ code: 'row_count' }] })
  t.match(await send(content, { path: '/batches?rows=2' }), { id: wrong.id })
  t.match(await send(content, { path: '/batches?rows=1' }), { state: 'applied' })
})

t.test('uploads, compressed or not, and other formats', atOnce, async t => {
  const it = await openFixture(t)
  const json = { headers: { 'content-type': 'application/json' } }
  const sends: Array<() => Promise<Result['body']>> = []
  for (const gzip of [false, true]) {
    const upload = await uploaded(it, fresh(), gzip)
    sends.push(() => it.send(JSON.stringify({ upload }), json))
  }
  const row = `{"orig_code":"XKQQX","dest_code":"EETLL","day":"2021-01-31","price":${++count}}\n`
  t.match(await it.send(row), { format: 'csv', state: 'rejected' })
  sends.push(() => it.send(row, { headers: { 'content-type': 'application/x-ndjson' } }))
  const before = await Promise.all(sends.map(send => send()))
  t.strictSame(before.map(({ state }) => state), ['rejected', 'rejected', 'rejected'])
  t.strictSame((await Promise.all(sends.map(send => send()))).map(({ id }) => id), before.map(({ id }) => id))
  await it.loadPorts()
  const after = await Promise.all(sends.map(send => send()))
  t.strictSame(after.map(({ state }) => state), ['applied', 'applied', 'applied'])
  t.strictSame((await Promise.all(sends.map(send => send()))).map(({ id }) => id), after.map(({ id }) => id))
})

t.test('a batch that an older release rejected is checked again; a duplicate is not', atOnce, async t => {
  const it = await openFixture(t)
  const [store, queue] = [openStore(it.aws.s3, it.aws.bucket), openQueue(it.aws.sqs, it.aws.queueUrl)]
  const content = fresh()
  const former = await formerManifest(it, content, { upload: false, gzip: false })
  await accept(store, queue, former)
  t.match(await it.untilFinal(former.id), { state: 'rejected' })
  await it.db.migrator`update batches set checked_under = null, name_kind = null`
  const next = await it.send(content)
  t.match(next, { state: 'rejected' })
  t.not(next.id, former.id)
  t.match(await it.send(content), { id: next.id })

  const good = content.replace('XKQQX', 'CNGGZ')
  const applied = await it.send(good)
  const upload = JSON.stringify({ upload: await uploaded(it, good, true) })
  const json = { headers: { 'content-type': 'application/json' } }
  const duplicate = await it.send(upload, json)
  t.match(duplicate, { state: 'rejected', first_errors: [{ code: 'duplicate', value: applied.id }], advice: new RegExp(applied.id) })
  await it.loadPorts()
  t.match(await it.send(upload, json), { id: duplicate.id, state: 'rejected' })
})

t.test('while the database is unavailable the response is the last accepted batch, with an unknown state', atOnce, async t => {
  const it = await openFixture(t)
  const content = fresh()
  const first = await it.send(content)
  await it.loadPorts()
  const second = await it.send(content)
  t.match(second, { state: 'applied' })
  const known = fresh()
  const rejected = await it.send(known.replace('EETLL', 'QQQQQ'))
  await it.db.migrator`revoke select on batches from batch_intake` // every query fails; the store and the queue are available
  for (const [text, id] of [[content, second.id], [known.replace('EETLL', 'QQQQQ'), rejected.id]]) {
    t.match(await it.submit(text), { status: 202, body: { id, state: 'accepted' } })
  }
  await it.db.migrator`grant select on batches to batch_intake`
  t.match(await it.submit(content), { status: 202, body: { id: second.id, state: 'applied' } })
  t.match((await it.call(`/batches/${first.id}`)).body, { state: 'rejected' })
})

t.test('a worker writes its rules once, and again only if they differ; the readers cannot change them', atOnce, async t => {
  const { db } = await openFixture(t, { worker: false })
  const [worker, api] = [db.open('ingestion_worker'), db.open('ingestion_api')]
  const since = async (): Promise<unknown> => (await api`select since::text, release, limits from worker_rules`)[0]
  await publishWorkerRules(worker, { maxRows: 1, maxRowBytes: 2 })
  const first = await since()
  await publishWorkerRules(worker, { maxRowBytes: 2, maxRows: 1 })
  t.same(await since(), first)
  await publishWorkerRules(worker, { maxRowBytes: 2, maxRows: 2 })
  t.notSame(await since(), first)
  await t.rejects(api`update worker_rules set release = 'x'`, { code: '42501' })
  await t.rejects(api`update reference_version set version = 0`, { code: '42501' })
  await t.rejects(worker`update reference_version set version = 0`, { code: '42501' })
})

t.test('one content has at most a hundred batches', atOnce, async t => {
  const { db } = await openFixture(t, { worker: false })
  await publishWorkerRules(db.open('ingestion_worker'), { maxRows: 1 })
  const generations = generationsOf('demo', 'apply', { kind: 'content', value: sha256('x') })
  t.equal(generations.length, 100)
  t.equal(new Set(generations.map(({ id }) => id)).size, 100)
  const rejected = (ids: string[]) => db.migrator`
    insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at)
    select id, 'demo', 'apply', 'rejected', 'csv', ${sha256('x')}, 1, now() from unnest(${ids}::text[]) as id`
  await rejected(generations.slice(0, 60).map(({ id }) => id))
  const api = db.open('ingestion_api')
  t.equal(await findCurrentGeneration(api, generations, 0, { rows: null }), 60)
  await rejected(generations.slice(60).map(({ id }) => id))
  t.equal(await findCurrentGeneration(api, generations, 0, { rows: null }), 99)
  t.equal(await findCurrentGeneration(api, generations, 99, { rows: null }), 99)
})
