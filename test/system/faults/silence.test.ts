import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { Sql } from 'postgres'
import { openMetrics, valueOf } from '../../../lib/metrics/metrics.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { elapsed } from '../../harness/elapsed.ts'
import { pipeline, type Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'
import { commits } from '../../harness/call-labels.ts'
import { tcpProxy } from '../../harness/tcp-proxy.ts'

const silenceMs = 1_000
const header = 'orig_code,dest_code,day,price\n'
const good = 'CNGGZ,EETLL,2021-01-05,100\n'
const bad = 'CNGGZ,XXXXX,2021-01-05,100\n'

t.test('a connection is not cut while its owner works: in a transaction, in a COPY', async t => {
  const it = await pipeline(t)
  const sql = shortSilence(t, it)
  await transaction(sql, async tx => {
    const [{ pid }] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`
    await elapsed(silenceMs * 2)
    t.same(await tx`select pg_backend_pid() as pid`, [{ pid }])
    const copying = await tx`copy batch_lanes from stdin`.writable()
    await elapsed(silenceMs * 2)
    copying.end()
    await elapsed(silenceMs * 2)
    t.same(await tx`select pg_backend_pid() as pid`, [{ pid }])
  })
})

t.test('a server that owes a response and is silent counts as unavailable', async t => {
  const it = await pipeline(t)
  const url = new URL(it.db.url('migrator'))
  const proxy = await tcpProxy(Number(url.port), commits)
  t.teardown(proxy.close)
  url.port = String(proxy.port)
  const sql = openDatabase({ url: url.href, process: 'test', poolSize: 1, silenceMs })
  t.teardown(() => sql.end({ timeout: 0 }))
  await sql`select 1`
  await elapsed(silenceMs * 2) // idle, no response is owed
  proxy.silence(true)
  const from = performance.now()
  await t.rejects(Promise.resolve(sql`select 1`), { code: 'CONNECTION_CLOSED' })
  t.ok(performance.now() - from >= silenceMs * 0.9, 'not before its time')
  proxy.silence(false)
  t.same(await sql`select 1 as one`, [{ one: 1 }])
})

t.test('a payload that delivers no row for a long time is applied at its first attempt', async t => {
  const it = await pipeline(t)
  const { id } = await it.submit(header + good + '\n\n' + good)
  const { rest, store } = inTwo(it, header + good)
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, { ...it, store }, { sql: shortSilence(t, it), metrics })
  await rest.awaited
  await elapsed(silenceMs * 3)
  rest.send()
  await it.settled(id, 'applied')
  t.equal(await it.visible(id), 2)
  t.same(await it.db.migrator`select attempt, outcome from batch_attempts`, [{ attempt: 1, outcome: 'applied' }])
  t.equal(await valueOf(metrics, 'freight_failures_total'), 0)
})

t.test('no transaction is open while rows are read', async t => {
  const it = await pipeline(t)
  const { id } = await it.submit(header + good + bad + good + bad)
  const { rest, store } = inTwo(it, header + good + bad)
  startWorker(t, { ...it, store })
  await rest.awaited
  await waitFor(async () => (await it.db.migrator`
    select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`).length === 0)
  t.match(await it.settled(id, 'processing', 'rejected'), { state: 'processing' })
  rest.send()
  t.match(await it.settled(id, 'rejected'), { row_count: 4, error_count: 2 })
  t.equal(await it.visible(id), 0)
})

t.test('a gap that is too long is an error of the file', async t => {
  const it = await pipeline(t)
  startWorker(t, it)
  const { id } = await it.submit(header + good + '\n'.repeat(1_100_000) + good, { gzip: true })
  t.match(await it.settled(id, 'rejected'), { error_count: 1, first_errors: [{ row: 0, code: 'gap_too_long' }] })
})

/** Opens a worker's pool that soon treats a silent connection as dead. */
function shortSilence (t: Test, { db }: Pipeline): Sql {
  const sql = openDatabase({ url: db.url('ingestion_worker'), process: 'test-ingestion_worker', poolSize: 6, silenceMs })
  t.teardown(() => sql.end({ timeout: 1 }))
  return sql
}

/** Returns a store that delivers the first bytes of a payload, and the others on request. */
function inTwo (it: Pipeline, first: string) {
  const [awaited, sent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const openPayload: Pipeline['store']['openPayload'] = async (...args) => {
    const content = Buffer.concat(await (await it.store.openPayload(...args)).toArray() as Buffer[])
    return Readable.from((async function * () {
      yield content.subarray(0, first.length)
      awaited.resolve()
      await sent.promise
      yield content.subarray(first.length)
    })())
  }
  return { store: { ...it.store, openPayload }, rest: { awaited: awaited.promise, send: sent.resolve } }
}
