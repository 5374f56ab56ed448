import t from 'tap'
import { states } from '../../../../lib/batch/batch.ts'
import { openQueue } from '../../../../lib/batch/queue.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { valueOf } from '../../../../lib/metrics/metrics.ts'
import { database } from '../../../harness/database.ts'
import { elapsed } from '../../../harness/elapsed.ts'
import { header, ingestionApi, type Result, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import type { Pipeline } from '../../../harness/pipeline.ts'
import { chunk, head, rawRequest } from '../../../harness/raw-http.ts'
import { tcpProxy } from '../../../harness/tcp-proxy.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const content = (number: number): string => `${header}CNGGZ,EETLL,2021-01-05,${number}\n`
const prefer = (preference: string) => ({ headers: { prefer: preference } })
const granted = ({ headers }: Result): string | null => headers.get('preference-applied')
const waiting = (api: TestIngestionApi, number: number): Promise<void> =>
  waitFor(async () => await valueOf(api.metrics, 'freight_waiting_requests') === number)
const setState = (api: TestIngestionApi, id: string, state: string): Promise<unknown> =>
  api.db.migrator`update batches set state = ${state}, reason = 'X: y' where id = ${id}`

/** Sends the request, and resolves with the response and the time that it took. */
async function timed (send: () => Promise<Result>): Promise<Result & { ms: number }> {
  const from = performance.now()
  return { ...await send(), ms: performance.now() - from }
}

t.test('a batch that ends in time: the response has its end', async t => {
  const api = await ingestionApi(t, { limits: { waitMaxSeconds: 600 } })
  const queues = { queue: openQueue(api.aws.sqs, api.aws.queueUrl), deadLetters: openQueue(api.aws.sqs, api.aws.deadLetterQueueUrl) }
  startWorker(t, { db: api.db, aws: api.aws, store: openStore(api.aws.s3, api.aws.bucket), ...queues } as Pipeline)

  const applied = await api.submit(content(1), prefer('wait=500'))
  t.match(applied, { status: 200, body: { state: 'applied', rows: 1, attempts: 1 } })
  t.equal(granted(applied), 'wait=500')
  t.equal(applied.headers.get('location'), `/batches/${applied.body.id}`)
  t.equal(applied.headers.get('idempotency-replayed'), 'false')

  const rejected = await api.submit(`${header}CNGGZ,XXXXX,2021-01-05,1\n`, prefer('wait=500'))
  t.match(rejected, { status: 200, body: { state: 'rejected', error_count: 1, first_errors: [{ code: 'unknown_port' }], advice: String } })
  t.match(await api.submit(content(1), { path: '/batches?dry_run=true', ...prefer('respond-async, wait=500') }), { status: 200, body: { state: 'validated' } })

  const again = await api.submit(content(1), prefer('wait=500'))
  t.match(again, { status: 200, body: { id: applied.body.id, state: 'applied' } }, 'a batch that has ended, sent again')
  t.equal(again.headers.get('idempotency-replayed'), 'true')
  t.match(await api.submit(content(1)), { status: 202, body: { state: 'applied' } }, 'without the preference: as ever')

  const { body: { id } } = await api.submit(content(2))
  t.match(await api.call(`/batches/${id}`, prefer('wait=500')), { status: 200, body: { state: 'applied' } })
  const ended = await api.call(`/batches/${id}`, prefer('wait=7'))
  t.match(ended, { status: 200, body: { state: 'applied' } })
  t.equal(granted(ended), 'wait=7')
  t.equal(ended.headers.get('cache-control'), 'no-store')
})

t.test('without a worker', async t => {
  const api = await ingestionApi(t, { limits: { waitMaxSeconds: 3 } })
  const { body: { id } } = await api.submit(content(1))
  await api.settled()

  t.test('a batch that does not end in time', async t => {
    const sent = await timed(() => api.submit(content(2), prefer('wait=1')))
    t.match(sent, { status: 202, body: { state: 'queued' } })
    t.equal(granted(sent), 'wait=1')
    t.ok(sent.ms >= 1_000, `${sent.ms} ms`)
    const read = await timed(() => api.call(`/batches/${id}`, prefer('wait=1')))
    t.match(read, { status: 200, body: { state: 'queued' } })
    t.equal(granted(read), 'wait=1')
    t.ok(read.ms >= 1_000, `${read.ms} ms`)
    const longest = await timed(() => api.call(`/batches/${id}`, prefer('wait=500')))
    t.match(granted(longest), /^wait=[123]$/, 'at most WAIT_MAX_SECONDS from the arrival of the request')
    t.ok(longest.ms >= 2_900, `${longest.ms} ms`)
  })

  t.test('a malformed preference is ignored', async t => {
    for (const preference of ['wait=x', 'wait=0', 'wait', 'respond-async', '"wait=3']) {
      const read = await api.call(`/batches/${id}`, prefer(preference))
      t.match(read, { status: 200, body: { state: 'queued' } }, preference)
      t.equal(granted(read), null, preference)
      const sent = await api.submit(content(1), prefer(preference))
      t.match(sent, { status: 202, body: { state: 'queued' } }, preference)
      t.equal(granted(sent), null, preference)
    }
  })
})

t.test('a body that arrives slowly uses up the time', async t => {
  const slowly = async (maxSeconds: number, number: number) => {
    const api = await ingestionApi(t, { limits: { waitMaxSeconds: maxSeconds } })
    const request = rawRequest(t, api.url)
    await request.send(head({ 'transfer-encoding': 'chunked', prefer: `wait=${maxSeconds}` }))
    await request.send(chunk(header))
    await elapsed(2_000)
    await request.send(Buffer.concat([chunk(`CNGGZ,EETLL,2021-01-05,${number}\n`), chunk('')]))
    return { api, request }
  }
  const { api, request } = await slowly(600, 1)
  await waiting(api, 1)
  await api.settled()
  await api.db.migrator`update batches set state = 'applied'`
  const { status, headers } = await request.nextResponse()
  t.equal(status, 200)
  const seconds = Number(/^wait=(\d+)$/.exec(headers['preference-applied']!)![1])
  t.ok(seconds <= 598, `${seconds} seconds are left of 600`)

  const late = await (await slowly(1, 2)).request.nextResponse()
  t.match(late, { status: 202, body: { state: 'queued' } })
  t.equal(late.headers['preference-applied'], undefined, 'no time is left')
})

t.test('each state that is not in progress ends a wait', async t => {
  const api = await ingestionApi(t, { limits: { waitMaxSeconds: 600 } })
  const { body: { id } } = await api.submit(content(1))
  await api.settled()
  for (const state of states.filter(state => !['queued', 'processing', 'withdrawing'].includes(state))) {
    await setState(api, id, 'processing')
    const answer = api.call(`/batches/${id}`, prefer('wait=500'))
    await waiting(api, 1)
    await setState(api, id, state)
    t.match(await answer, { status: 200, body: { state } }, state)
    await waiting(api, 0)
  }
})

t.test('a withdrawal that becomes a dead letter ends a wait, and the client has to pause', async t => {
  const api = await ingestionApi(t, { limits: { waitMaxSeconds: 600 } })
  const { body: { id } } = await api.submit(content(1))
  await api.settled()
  await setState(api, id, 'applied')
  const answer = api.call(`/batches/${id}`, { method: 'DELETE', ...prefer('wait=500') })
  await waiting(api, 1)
  await api.db.migrator`update batches set state = 'dead_lettered' where target_id = ${id}`
  const dead = await answer
  t.match(dead, { status: 202, body: { state: 'withdrawing' } })
  t.equal(granted(dead), null)
})

t.test('a request that waits has no body slot', async t => {
  const api = await ingestionApi(t, { limits: { bodiesAtOnce: 1, bodiesAtOncePerProvider: 1, waitMaxSeconds: 600 } })
  const first = api.submit(content(1), prefer('wait=500'))
  await waiting(api, 1)
  const second = api.submit(content(2), prefer('wait=500'))
  await waiting(api, 2)
  await api.settled()
  await api.db.migrator`update batches set state = 'applied'`
  for (const response of await Promise.all([first, second])) t.match(response, { status: 200, body: { state: 'applied' } })
})

t.test('the database is away, and comes back', async t => {
  const db = await database(t)
  const url = new URL(db.url('ingestion_api'))
  const proxy = await tcpProxy(Number(url.port), () => () => [])
  t.teardown(() => proxy.close())
  url.port = String(proxy.port)
  const api = await ingestionApi(t, { databaseUrl: url.href, limits: { waitMaxSeconds: 600 } })
  proxy.refuse(true)
  const accepted = await timed(() => api.submit(content(1), prefer('wait=1')))
  t.match(accepted, { status: 202, body: { state: 'accepted' } })
  t.equal(granted(accepted), 'wait=1')
  t.ok(accepted.ms >= 1_000, `${accepted.ms} ms: a client that sends the next request at once does not flood the API`)
  const { id } = accepted.body
  t.match(await api.call(`/batches/${id}`, prefer('wait=1')), { status: 200, body: { state: 'accepted' } })

  const [read, sent] = [api.call(`/batches/${id}`, prefer('wait=500')), api.submit(content(1), prefer('wait=500'))]
  await waiting(api, 2)
  await db.migrator`
    insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at) values (${id}, 'demo', 'apply', 'applied', 'csv', ${id}, 1, now())`
  proxy.refuse(false)
  for (const response of await Promise.all([read, sent])) t.match(response, { status: 200, body: { id, state: 'applied' } })
})
