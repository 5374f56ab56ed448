import { createServer, connect, type Socket } from 'node:net'
import type { Sql } from 'postgres'
import t, { type Test } from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { waitingFor } from '../../harness/lock.ts'
import { testSystem } from '../../harness/system.ts'
import { waitFor } from '../../harness/wait.ts'
import { ratesApi, type TestRatesApi } from '../../harness/rates-api.ts'

const query = { date_from: '2021-01-29', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }

t.test('a query over the limit is cancelled: 503, and the next query is served', async t => {
  const limitMs = 1_000
  const it = await ratesApi(t, {
    limits: { limitMs, cacheBytes: 0 }, connect: db => connection(t, db.url('rates_api'), limitMs),
  })
  t.equal((await it.get('/rates', query)).status, 200)
  const release = await lockPrices(it)
  const startedAt = performance.now()
  const late = await it.get('/rates', query)
  t.match(late, { status: 503, headers: { 'retry-after': '5' }, body: { type: '/problems/database-unavailable' } })
  t.ok(performance.now() - startedAt < 10 * limitMs, 'in bounded time')
  await waitFor(async () => await waitingQueries(it) === 0)
  await release()
  t.equal((await it.get('/rates', query)).status, 200)
})

t.test('more requests than may wait: 503 at once, the others are served', async t => {
  const it = await ratesApi(t, { limits: { connections: 3, maxWaiting: 3, cacheBytes: 0 } })
  const release = await lockPrices(it)
  const inFlight = Array.from({ length: 5 }, () => it.get('/rates', query))
  await waitFor(async () => await waitingQueries(it) === 2)
  const refused = await Promise.all(Array.from({ length: 50 }, () => it.get('/rates', query)))
  for (const result of refused) t.match(result, { status: 503, headers: { 'retry-after': '1' }, body: { type: '/problems/overloaded' } })
  t.equal(await waitingQueries(it), 2, 'never more queries than connections')
  await release()
  for (const result of await Promise.all(inFlight)) t.equal(result.status, 200)
})

for (const cacheBytes of [0, 1_000_000]) {
  t.test(`silent connections are closed and replaced, with ${cacheBytes} bytes of cache`, async t => {
    const limitMs = 800
    const { it, proxy } = await behindProxy(t, { limitMs, connections: 3, cacheBytes })
    const three = () => Promise.all([query, { ...query, date_to: '2021-01-30' }, query].map(query => it.get('/rates', query)))
    for (const { status } of await three()) t.equal(status, 200)
    proxy.silence()
    for (const { status } of await three()) t.equal(status, 503)
    if (cacheBytes === 0) for (const { status } of await three()) t.equal(status, 503, 'every connection has a query that will never finish')
    await waitFor(async () => (await it.get('/rates', query)).status === 200)
    for (const { status } of await three()) t.equal(status, 200)
  })

  t.test(`connections that are cut during a query fail no request, with ${cacheBytes} bytes of cache`, async t => {
    const { it, proxy } = await behindProxy(t, { limitMs: 10_000, connections: 5, cacheBytes })
    const stop = new AbortController()
    const statusesByClient = Array.from({ length: 8 }, () => [] as number[])
    const clients = statusesByClient.map(async statuses => {
      while (!stop.signal.aborted) statuses.push((await it.get('/rates', query)).status)
    })
    for (let cut = 0; cut < 20; cut++) {
      // No request meets two cuts: a query is sent once more, not repeatedly.
      const before = statusesByClient.map(({ length }) => length)
      await waitFor(() => statusesByClient.every(({ length }, client) => length >= before[client]! + 2))
      proxy.cut()
    }
    stop.abort()
    await Promise.all(clients)
    t.same([...new Set(statusesByClient.flat())], [200])
  })
}

t.test('connections that are reset at once after the open: 503, and no other failure', async t => {
  const { it, proxy } = await behindProxy(t, { limitMs: 10_000, connections: 3, cacheBytes: 0 })
  proxy.cutWhenReady = true
  for (let index = 0; index < 5; index++) t.match(await it.get('/rates', query), { status: 503, headers: { 'retry-after': '5' } })
  proxy.cutWhenReady = false
  t.equal((await it.get('/rates', query)).status, 200)
})

t.test('readiness names the fault of the schema', async t => {
  const it = await ratesApi(t)
  t.match(await it.get('/ready'), { status: 200, body: { checks: { database: 'ok' } } })
  await it.db.migrator`insert into schema_migrations (number, name, sha256, oldest_release) values (999, '0999-far', 'x', '99.0.0')`
  t.match(await it.get('/ready'), { status: 503, body: { status: 'unready', checks: { database: 'SCHEMA_REFUSED' } } })
  await it.db.migrator`delete from schema_migrations where number in (1, 999)`
  t.match(await it.get('/ready'), { status: 503, body: { checks: { database: 'SCHEMA_MISSING' } } })
  t.equal((await it.get('/live')).status, 200)
})

function connection (t: Test, url: string, statementTimeoutMs: number): Sql {
  const sql = openDatabase({ url, process: 'test', poolSize: 1, statementTimeoutMs })
  t.teardown(() => sql.end({ timeout: 0 }))
  return sql
}

/** Starts the API with a connection to the database that can be broken. */
async function behindProxy (t: Test, limits: { limitMs: number, connections: number, cacheBytes: number }) {
  const proxy = await breakableProxy(t)
  const it = await ratesApi(t, {
    limits, connect: db => connection(t, proxy.through(db.url('rates_api')), limits.limitMs),
  })
  return { proxy, it }
}

/** Blocks every query of prices until the lock is released. */
async function lockPrices ({ db }: TestRatesApi): Promise<() => Promise<unknown>> {
  const lockHeld = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const done = db.migrator.begin(async tx => {
    await tx`lock table merged_sums`
    locked.resolve()
    await lockHeld.promise
  })
  await locked.promise
  return () => {
    lockHeld.resolve()
    return done
  }
}

const waitingQueries = ({ db }: TestRatesApi): Promise<number> => waitingFor(db.migrator, 'merged_sums')

/** The last bytes of a server's greeting. */
const readyForQuery = Buffer.from('Z\0\0\0\x05I')

/** Opens a proxy to the test's server whose connections can be broken; new connections work. */
async function breakableProxy (t: Test) {
  const upstream = new URL(testSystem().postgresUrl)
  const pairs = new Set<[Socket, Socket]>()
  const server = createServer(client => {
    const pair: [Socket, Socket] = [client, connect(Number(upstream.port), upstream.hostname)]
    pairs.add(pair)
    for (const socket of pair) socket.on('error', () => {})
    client.pipe(pair[1]).pipe(client)
    pair[1].on('data', data => { if (proxy.cutWhenReady && data.includes(readyForQuery)) setImmediate(() => client.resetAndDestroy()) })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of [...pairs].flat()) socket.destroy()
    server.close()
  })
  const proxy = {
    /** Whether new connections are reset when the server first reports that it is ready. */
    cutWhenReady: false,
    through (url: string): string {
      const through = new URL(url)
      through.port = String((server.address() as { port: number }).port)
      return through.href
    },
    /** Simulates a pulled cable: connections stay open, and no data arrives. */
    silence () {
      for (const [client, database] of pairs) {
        client.unpipe()
        database.unpipe()
      }
    },
    /** Simulates a server crash: connections are reset. */
    cut () {
      for (const [client, database] of pairs) {
        client.resetAndDestroy()
        database.destroy()
      }
      pairs.clear()
    },
  }
  return proxy
}
