import t from 'tap'
import { openQueue } from '../../../../lib/batch/queue.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { header, ingestionApi, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import type { Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = (price: number): string => `${header}CNGGZ,EETLL,2021-01-05,${price}\n`
const remove = (api: TestIngestionApi, path: string, as = 'demo') => api.call(path, { method: 'DELETE', as })
const stateBecomes = (api: TestIngestionApi, id: string, state: string): Promise<unknown> =>
  waitFor(async () => (await api.call(`/batches/${id}`)).body.state === state)

function work (t: Test, api: TestIngestionApi): void {
  const queues = { queue: openQueue(api.aws.sqs, api.aws.queueUrl), deadLetters: openQueue(api.aws.sqs, api.aws.deadLetterQueueUrl) }
  startWorker(t, { db: api.db, aws: api.aws, store: openStore(api.aws.s3, api.aws.bucket), ...queues } as Pipeline)
}
type Test = Parameters<typeof startWorker>[0]

t.test('a queued batch ends at once, and is never applied', async t => {
  const api = await ingestionApi(t)
  const { id } = (await api.submit(csv(100))).body
  await api.settled()
  t.match(await remove(api, `/batches/${id}?why=wrong%20month`), { status: 200, body: { id, state: 'withdrawn', why: 'wrong month' } })
  t.match(await remove(api, `/batches/${id}?why=other`), { status: 200, body: { why: 'wrong month' } })
  work(t, api)
  const { id: next } = (await api.submit(csv(101))).body
  await stateBecomes(api, next, 'applied')
  t.match((await api.call(`/batches/${id}`)).body, { state: 'withdrawn', attempts: 0 })
  t.same((await api.call('/batches')).body.batches.map((batch: { id: string }) => batch.id), [next, id], 'a list has no withdrawals')
  t.same((await api.call('/batches?state=withdrawn')).body.batches.map((batch: { id: string }) => batch.id), [id])
})

t.test('an applied batch is withdrawing, and counts, until a worker has taken it back', async t => {
  const api = await ingestionApi(t)
  await t.test('applied', async t => {
    work(t, api)
    await stateBecomes(api, (await api.submit(csv(100))).body.id, 'applied')
  })
  const { id } = (await api.call('/batches')).body.batches[0]
  const response = await remove(api, `/batches/${id}?why=typo`)
  t.match(response, { status: 202, body: { id, state: 'withdrawing' } })
  t.equal(response.headers.get('location'), `/batches/${id}`)
  t.match(await remove(api, `/batches/${id}`), { status: 202 }, 'a repeated request')
  t.match(await api.submit(csv(100)), { status: 409, body: { type: '/problems/batch-withdrawn', id } })
  t.equal((await api.call('/batches?state=withdrawing')).body.batches.length, 1)
  t.same((await api.call('/batches?state=applied')).body.batches, [])
  t.same(await api.db.migrator`select count(*)::int from all_prices`, [{ count: 1 }])
  work(t, api)
  await stateBecomes(api, id, 'withdrawn')
  t.match((await api.call(`/batches/${id}`)).body, { state: 'withdrawn', why: 'typo', rows: 1, withdrawn_at: /^20/ })
  t.same(await api.db.migrator`select count(*)::int from all_prices`, [{ count: 0 }])
  t.match(await api.submit(csv(100)), { status: 409, body: { type: '/problems/batch-withdrawn', detail: /new Idempotency-Key/, id } })
  const prefer = { prefer: 'wait=10' }
  const again = await api.submit(csv(100), { headers: { 'idempotency-key': 'again', ...prefer } })
  t.match(again, { status: 200, body: { state: 'applied' } })
  t.match(await api.call(`/batches/${again.body.id}`, { method: 'DELETE', headers: prefer }), { status: 200, body: { state: 'withdrawn' } })
})

t.test('who may withdraw', async t => {
  const api = await ingestionApi(t)
  const { id } = (await api.submit(csv(100))).body
  await api.settled()
  t.equal((await remove(api, `/batches/${id}`, 'reader')).status, 403)
  t.equal((await remove(api, `/batches/${id}`, 'other')).status, 404)
  t.match(await remove(api, `/batches/${id}`, 'operator'), { status: 403, body: { detail: /\?provider=/ } })
  t.match(await remove(api, `/batches/${id}?provider=other`), { status: 403 })
  t.match(await remove(api, `/batches/${'a'.repeat(64)}`), { status: 404 })
  t.match(await remove(api, `/batches/${id}?reason=x`), { status: 400 })
  t.match(await remove(api, `/batches/${id}?provider=demo&why=x`, 'operator'), { status: 200, body: { state: 'withdrawn' } })
  t.match(await api.db.migrator`select action, actor, reason from dead_letter_actions`, [{ action: 'withdraw', actor: 'operator', reason: 'x' }])
})

t.test('a batch that has ended otherwise, and a dry run', async t => {
  const api = await ingestionApi(t)
  const [bad, dry] = [await api.submit(csv(-1)), await api.submit(csv(1), { path: '/batches?dry_run=true' })].map(({ body }) => body.id as string)
  work(t, api)
  await stateBecomes(api, bad!, 'rejected')
  t.match(await remove(api, `/batches/${bad}`), { status: 409, body: { type: '/problems/not-withdrawable', state: 'rejected' } })
  t.match(await remove(api, `/batches/${dry}`), { status: 409, body: { type: '/problems/not-withdrawable' } })
})

t.test('without the database the withdrawal is accepted, and sending the content again is refused', async t => {
  const api = await ingestionApi(t, { databaseUrl: 'postgres://ingestion_api@127.0.0.1:49151/none' })
  const { id } = (await api.submit(csv(100))).body
  t.match(await remove(api, `/batches/${id}`), { status: 202, body: { state: 'accepted' } })
  t.match(await api.submit(csv(100)), { status: 409, body: { type: '/problems/batch-withdrawn', id } })
  work(t, api)
  await waitFor(async () => (await api.db.migrator`select 1 from batches where id = ${id} and state = 'withdrawn'`).length > 0)
  t.same(await api.db.migrator`select 1 from all_prices`, [])
})

t.test('the response does not say more than the row, if the withdrawal cannot be recorded', async t => {
  const api = await ingestionApi(t)
  await t.test('applied', async t => {
    work(t, api)
    await stateBecomes(api, (await api.submit(csv(100))).body.id, 'applied')
  })
  const { id } = (await api.call('/batches')).body.batches[0]
  await api.db.migrator`revoke insert on batches from batch_intake`
  t.match(await remove(api, `/batches/${id}`), { status: 202, body: { id, state: 'accepted' } })
  t.match((await api.call(`/batches/${id}`)).body, { state: 'applied' })
  work(t, api)
  await stateBecomes(api, id, 'withdrawn')
})

t.test('replaces and Batch-Series', async t => {
  const api = await ingestionApi(t)
  work(t, api)
  const send = (price: number, path: string, headers = {}) => api.submit(csv(price), { path, headers: headers as Record<string, string> })
  const { id: old } = (await send(100, '/batches')).body
  await stateBecomes(api, old, 'applied')
  t.match(await send(101, `/batches?replaces=${old},${old}`), { status: 202, body: { replaces: [old] } })
  await stateBecomes(api, old, 'withdrawn')
  const { replaced_by: id } = (await api.call(`/batches/${old}`)).body
  t.match((await api.call(`/batches/${id}`)).body, { state: 'applied', replaces: [old] })
  t.match(await send(101, '/batches'), { status: 422, body: { type: '/problems/key-reused', id } })
  t.match(await send(100, '/batches'), { status: 409, body: { type: '/problems/batch-withdrawn', id: old } })
  t.match(await send(102, `/batches?replaces=${'a'.repeat(64)}`), { status: 404, body: { type: '/problems/unknown-batch' } })
  t.match(await send(102, '/batches?replaces=abc'), { status: 400, body: { errors: [{ parameter: 'replaces' }] } })
  t.match(await send(102, '/batches?replaces=previous'), { status: 400, body: { errors: [{ parameter: 'replaces', code: 'missing' }] } })
  t.match(await send(102, '/batches?replaces=previous', { 'batch-series': 'a b' }), { status: 400 })
  t.match(await api.submit(csv(102), { path: `/batches?replaces=${id}`, as: 'other' }), { status: 404 })
  const { id: dry } = (await send(1, '/batches?dry_run=true')).body
  t.match(await send(102, `/batches?replaces=${dry}`), { status: 400, body: { errors: [{ parameter: 'replaces', code: 'malformed' }] } })
  const first = (await send(103, '/batches?replaces=previous', { 'batch-series': 'weekly' })).body
  t.match(first, { replaces: ['previous'], series: 'weekly' })
  await stateBecomes(api, first.id, 'applied')
  const second = (await send(104, '/batches?replaces=previous', { 'batch-series': 'weekly' })).body
  await stateBecomes(api, second.id, 'applied')
  t.match((await api.call(`/batches/${second.id}`)).body, { replaces: [first.id], series: 'weekly' })
  t.match((await api.call(`/batches/${first.id}`)).body, { state: 'withdrawn', replaced_by: second.id })
})
