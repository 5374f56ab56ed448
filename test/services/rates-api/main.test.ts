import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { database } from '../../harness/database.ts'
import { waitingFor } from '../../harness/lock.ts'
import { runProcess, startProcess, type Process } from '../../harness/process.ts'
import { createDatabase, temporaryServer, type Server } from '../../harness/server.ts'
import { waitFor } from '../../harness/wait.ts'

const path = '/rates?date_from=2021-01-29&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'
const get = (process: Process, path: string) => fetch(new URL(path, process.url))

t.test('the process starts, responds and logs a line for each request', async t => {
  const db = await database(t)
  const process = await startProcess(t, 'rates-api', { DATABASE_URL: db.url('rates_api') })
  t.equal((await get(process, '/ready')).status, 200)
  t.equal((await get(process, path)).status, 200)
  t.equal((await get(process, '/rates?date_from=' + 'x'.repeat(10_000))).status, 400)
  t.equal((await get(process, '/rates?date_from=' + 'x'.repeat(20_000))).status, 431)
  await process.untilOutput('"route":"/rates"')
  const [row] = await db.migrator`select count(*) from pg_stat_activity where datname = current_database() and application_name ~ '^rates-api@'`
  t.ok(row!.count > 0, 'its connections show its name and release')
  t.same(await process.kill('SIGTERM'), { code: 0, signal: null })
})

t.test('SIGTERM: the request in flight gets its response, then it exits with 0', async t => {
  const db = await database(t)
  const process = await startProcess(t, 'rates-api', { DATABASE_URL: db.url('rates_api') })
  const lockHeld = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const lock = db.migrator.begin(async tx => {
    await tx`lock table merged_sums`
    locked.resolve()
    await lockHeld.promise
  })
  await locked.promise
  const response = get(process, path)
  await waitFor(async () => await waitingFor(db.migrator, 'merged_sums') === 1)
  const exited = process.kill('SIGTERM')
  await process.untilOutput('"signal":"SIGTERM"')
  await waitFor(() => get(process, '/live').then(() => false, () => true)) // new connections are refused
  lockHeld.resolve()
  await lock
  t.equal((await response).status, 200)
  t.same(await exited, { code: 0, signal: null })
})

t.test('SIGTERM with a drain time: requests get responses and their connections are closed, readiness fails', async t => {
  const db = await database(t)
  const process = await startProcess(t, 'rates-api', { DATABASE_URL: db.url('rates_api'), DRAIN_MS: '4000' })
  t.equal((await get(process, path)).headers.get('connection'), 'keep-alive')
  const exited = process.kill('SIGTERM')
  await process.untilOutput('"signal":"SIGTERM"')
  const [response, ready] = await Promise.all([get(process, path), get(process, '/ready')])
  t.same([response.status, response.headers.get('connection')], [200, 'close'])
  t.equal(ready.status, 503)
  t.match(await ready.json(), { status: 'unready', checks: { database: 'ok', process: 'ENDING' } })
  t.same(await exited, { code: 0, signal: null })
})

t.test('a wrong configuration: every problem on a line, no stack, exit code 1', async t => {
  const { code, output } = await runProcess(t, 'rates-api', {
    RATES_MAX_DAYS: '0', PORT: 'x', RATES_KEYS_REQUIRED: 'true', ENVIRONMENT: 'No', DATABASE_READ_URLS: 'postgres://a/x,b',
  })
  t.equal(code, 1)
  const lines = output.trimEnd().split('\n')
  t.equal(lines[0], 'Invalid configuration:')
  t.same(lines.slice(1).map(line => line.trim().split(' ')[0]), ['API_KEYS', 'DATABASE_READ_URLS', 'DATABASE_URL', 'ENVIRONMENT', 'PORT', 'RATES_MAX_DAYS'])
})

t.test('keys, when they are required', async t => {
  const env = { DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }
  const keys = (text: string) => JSON.stringify([{ provider: 'demo', sha256: createHash('sha256').update(text).digest('hex'), scopes: ['rates'] }])
  t.match(await runProcess(t, 'rates-api', { ...env, RATES_KEYS_REQUIRED: 'true', API_KEYS: '{}' }), { code: 1, output: /API_KEYS must be an array/ })
  t.match(await runProcess(t, 'rates-api', { ...env, API_KEYS: keys('development') }), { code: 1, output: /API_KEYS has a development key/ })
  const process = await startProcess(t, 'rates-api', { ...env, RATES_KEYS_REQUIRED: 'true', API_KEYS: keys('some key') })
  t.equal((await get(process, path)).status, 401)
})

t.test('a schema that needs a newer release: one sentence, exit code 1', async t => {
  const db = await database(t)
  await db.migrator`insert into schema_migrations (number, name, sha256, oldest_release) values (999, '0999-far', 'x', '99.0.0')`
  const { code, output } = await runProcess(t, 'rates-api', { DATABASE_URL: db.url('rates_api') })
  t.equal(code, 1)
  t.match(output, /The database has migration 0999-far, which needs release 99\.0\.0 or newer/)
  t.equal(output.trimEnd().split('\n').length, 1)
})

t.test('the database is unavailable twice, and the process stays', async t => {
  const { server, url } = await ownServer(t)
  const process = await startProcess(t, 'rates-api', { DATABASE_URL: url })
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    t.equal((await get(process, path)).status, 200)
    const stopPolling = pollContinuously(process)
    await server.stop(signal)
    for (const wanted of [path, '/locations']) {
      const response = await get(process, wanted)
      t.equal(response.status, 503)
      t.equal(response.headers.get('retry-after'), '5')
      t.match(await response.json(), { type: '/problems/database-unavailable' })
    }
    t.equal((await get(process, '/live')).status, 200)
    t.equal((await get(process, '/ready')).status, 503)
    await server.start()
    t.equal((await get(process, path)).status, 200, 'the first request after the recovery')
    t.equal((await get(process, '/ready')).status, 200)
    const { statuses, slowestMs } = await stopPolling()
    t.same([...statuses].sort(), [200, 503], 'no other status meanwhile')
    t.ok(slowestMs < 5_000, `the slowest response took ${Math.round(slowestMs)} ms`)
  }
  t.same(await process.kill('SIGTERM'), { code: 0, signal: null })
})

t.test('the process starts while the database is unavailable', async t => {
  const { server, url } = await ownServer(t)
  await server.stop()
  const process = await startProcess(t, 'rates-api', { DATABASE_URL: url })
  t.equal((await get(process, path)).status, 503)
  t.equal((await get(process, '/ready')).status, 503)
  await server.start()
  t.equal((await get(process, path)).status, 200)
  t.equal((await get(process, '/ready')).status, 200)
})

async function ownServer (t: Test): Promise<{ server: Server, url: string }> {
  const server = await temporaryServer()
  t.teardown(() => server.remove())
  await createDatabase(server, 'freight', '2021-01-01', '2021-02-01')
  return { server, url: server.url('rates_api', 'freight') }
}

/** Starts four clients that send requests without pause until they are stopped. */
function pollContinuously (process: Process): () => Promise<{ statuses: Set<number>, slowestMs: number }> {
  const statuses = new Set<number>()
  let slowestMs = 0
  const stop = new AbortController()
  const clients = Array.from({ length: 4 }, async () => {
    while (!stop.signal.aborted) {
      const startedAt = performance.now()
      const response = await get(process, path)
      await response.arrayBuffer()
      statuses.add(response.status)
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    }
  })
  return async () => {
    stop.abort()
    await Promise.all(clients)
    return { statuses, slowestMs }
  }
}
