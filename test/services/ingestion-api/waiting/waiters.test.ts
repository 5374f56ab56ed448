import t from 'tap'
import { recordAccepted } from '../../../../lib/batch/records.ts'
import { valueOf } from '../../../../lib/metrics/metrics.ts'
import { database } from '../../../harness/database.ts'
import { elapsed } from '../../../harness/elapsed.ts'
import { freePort } from '../../../harness/free-port.ts'
import { header, ingestionApi, type Result, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import { ingestionProcesses } from '../../../harness/ingestion-process.ts'
import { rawRequest } from '../../../harness/raw-http.ts'
import { tcpProxy } from '../../../harness/tcp-proxy.ts'
import { waitFor } from '../../../harness/wait.ts'

const content = (number: number): string => `${header}CNGGZ,EETLL,2021-01-05,${number}\n`
/** Longer than any wait of a test for a condition. */
const long = 500
const prefer = (seconds: number) => ({ headers: { prefer: `wait=${seconds}` } })
const granted = ({ headers }: Result): string | null => headers.get('preference-applied')
const waiting = (api: TestIngestionApi, number: number): Promise<void> =>
  waitFor(async () => await valueOf(api.metrics, 'freight_waiting_requests') === number)

t.test('one query serves all waiters, and there is none without waiters', async t => {
  const db = await database(t)
  const url = new URL(db.url('ingestion_api'))
  const batches = 50
  let ids: string[] = []
  const seen = { polls: 0, others: 0, unnamed: 0 }
  const proxy = await tcpProxy(Number(url.port), () => chunk => {
    const named = ids.filter(id => chunk.includes(id)).length
    if (named === batches) seen.polls++
    else if (named > 0) seen.others++
    else seen.unnamed++
    return []
  })
  t.teardown(() => proxy.close())
  url.port = String(proxy.port)
  const api = await ingestionApi(t, { databaseUrl: url.href, limits: { waitMaxSeconds: long + 100 } })
  ids = (await Promise.all(Array.from({ length: batches }, (_, number) => api.submit(content(number + 1))))).map(({ body }) => body.id)
  for (const id of ids) await recordAccepted(db.migrator, await api.manifest(id)) // a slow API leaves the row to the worker

  const answers = [...ids, ...ids].map(id => api.call(`/batches/${id}`, prefer(long)))
  await waiting(api, 2 * batches)
  await waitFor(() => seen.polls > 0)
  Object.assign(seen, { polls: 0, others: 0, unnamed: 0 })
  const from = performance.now()
  await elapsed(1_000)
  t.equal(seen.others, 0, 'no query for a single waiter')
  t.ok(seen.polls > 0 && seen.polls <= Math.ceil((performance.now() - from) / 100), `${seen.polls} queries in a second`)

  await db.migrator`update batches set state = 'applied' where id <> ${ids[0]!}`
  await waiting(api, 2)
  await db.migrator`update batches set state = 'applied'`
  for (const response of await Promise.all(answers)) t.match(response, { status: 200, body: { state: 'applied' } })
  await waiting(api, 0)
  await waitFor(async () => { // no waiter, no query
    Object.assign(seen, { polls: 0, others: 0, unnamed: 0 })
    await elapsed(500)
    return Object.values(seen).every(queries => queries === 0)
  })
})

t.test('more waiters than allowed: the response comes at once', async t => {
  const api = await ingestionApi(t, { limits: { waiters: 2, waitMaxSeconds: long + 100 } })
  const { body: { id } } = await api.submit(content(1))
  await api.settled()
  const path = `/batches/${id}`
  const answers = [api.call(path, prefer(long)), api.submit(content(1), prefer(long))]
  await waiting(api, 2)
  for (const refused of [await api.call(path, prefer(long)), await api.submit(content(1), prefer(long))]) {
    t.match(refused.body, { id, state: 'queued' })
    t.equal(granted(refused), null)
  }
  t.match(await api.submit(content(2), prefer(long)), { status: 202, body: { state: 'queued' } }, 'a batch is accepted all the same')
  await api.db.migrator`update batches set state = 'applied'`
  for (const answer of await Promise.all(answers)) t.equal(granted(answer), `wait=${long}`)
  await api.db.migrator`update batches set state = 'queued'`
  t.equal(granted(await api.call(path, prefer(1))), 'wait=1', 'a waiter that was answered makes way')
})

t.test('a client that disconnects makes way', async t => {
  const api = await ingestionApi(t, { limits: { waiters: 1, waitMaxSeconds: long + 100 } })
  const { body: { id } } = await api.submit(content(1))
  await api.settled()
  const gone = rawRequest(t, api.url)
  await gone.send(`GET /batches/${id} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer demo-key\r\nprefer: wait=${long}\r\n\r\n`)
  await waiting(api, 1)
  gone.destroy()
  await waiting(api, 0)
  t.equal(granted(await api.call(`/batches/${id}`, prefer(1))), 'wait=1')
})

t.test('SIGTERM ends every wait, while the process still responds', async t => {
  const system = await ingestionProcesses(t)
  const metricsPort = await freePort()
  const process = await system.start({ DRAIN_MS: '60000', METRICS_PORT: String(metricsPort), WAIT_MAX_SECONDS: '25' })
  const first = await process.submit(content(1))
  const path = `/batches/${first.body.id}`
  await system.settled()
  const answers = [process.call(path, prefer(25)), process.submit(content(2), prefer(25))]
  await waitFor(async () => (await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()).includes('freight_waiting_requests{service="ingestion-api"} 2'))

  const exited = process.kill('SIGTERM')
  for (const answer of await Promise.all(answers)) {
    t.match(answer.body, { state: 'queued' })
    t.equal(granted(answer), null, 'the wait was not complete')
    t.equal(answer.headers.get('connection'), 'close')
  }
  const later = await process.call(path, prefer(25))
  t.match(later, { status: 200, body: { state: 'queued' } }, 'a request during the shutdown does not wait')
  t.equal(granted(later), null)
  process.kill('SIGTERM')
  await exited
})
