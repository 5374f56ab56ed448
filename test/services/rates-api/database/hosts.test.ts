import t from 'tap'
import { database } from '../../../harness/database.ts'
import { startProcess } from '../../../harness/process.ts'
import { waitFor } from '../../../harness/wait.ts'
import { tcpProxy } from '../../../harness/tcp-proxy.ts'
import { path, ratesApiOn, replicated, type RatesResponse } from '../../../harness/replicated.ts'

const { primary, standbys, sql, url, setCount } = await replicated(t)
const [first, second] = standbys
const urls = standbys.map(url)

t.test('replicas respond, each to a share of the queries, and report how old their data may be', async t => {
  await setCount(1)
  const { get, ready } = await ratesApiOn(t, url(primary), urls)
  await waitFor(async () => (await ready()).states === 'ok ok ok' && (await getAll(get)).every(({ count }) => count === 1))
  await first.pause()
  await setCount(2)
  await waitFor(async () => (await getAll(get)).some(({ count }) => count === 2))
  const responses = await getAll(get)
  await first.resume()
  for (const { status, age } of responses) t.ok(status === 200 && age !== undefined && age <= 10, `${status} ${age}`)
  for (const number of [1, 2]) t.ok(responses.filter(({ count }) => count === number).length > 3, `${number}, which is at one of them alone`)
})

t.test('a replica that lags is detected, and is no longer queried', async t => {
  await setCount(1)
  const { get, ready } = await ratesApiOn(t, url(primary), [url(first)], { maxLagMs: 400 })
  await waitFor(async () => (await ready()).states === 'ok ok' && isOfReplica(await get(), 1))
  await first.pause()
  await setCount(2)
  await waitFor(async () => (await ready()).states === 'ok lagging')
  const { status, hosts } = await ready()
  t.equal(status, 200)
  t.ok(hosts['replica-1']!.lagSeconds! >= 0.4, `${hosts['replica-1']!.lagSeconds}`)
  t.same(await get(), { status: 200, count: 2, age: undefined }, 'of now, from the primary')
  await first.resume()
  await waitFor(async () => isOfReplica(await get(), 2))
  t.match(await ready(), { status: 200 })
})

t.test('no response is older than it reports, with commits, pauses and cached responses', async t => {
  const { get, ready } = await ratesApiOn(t, url(primary), urls, { maxLagMs: 1_500 })
  let responseCount = 0
  const committed: number[] = [] // time of the commit whose count is this index
  const stop = new AbortController()
  const commits = (async () => {
    for (let count = 1; !stop.signal.aborted; count++) {
      await setCount(count)
      committed[count] = performance.now()
      const before = responseCount
      if (count % 5 === 0) await waitFor(() => stop.signal.aborted || responseCount >= before + 12) // so that responses are worth caching
    }
  })()
  await waitFor(() => committed.length > 1)
  const wrong: string[] = []
  const ages = new Set<number | undefined>()
  const clients = Array.from({ length: 6 }, async (_, client) => {
    while (!stop.signal.aborted) {
      const sentAt = performance.now()
      const { status, count, age } = await get(client % 2 ? undefined : '/rates?date_from=2021-01-31&date_to=2021-01-31&orig_code=china_main&dest_code=EETLL')
      const completeUntil = sentAt - (age ?? 0) * 1_000 // Age is that of when the response was made, which is not before the request
      const next = committed[count! + 1] // a commit from before the request that the response lacks
      ages.add(age)
      responseCount++
      if (status !== 200 || (next !== undefined && next < completeUntil)) wrong.push(`${status} ${count} ${age}`)
    }
  })
  for (const standby of [first, second, first]) {
    await standby.pause()
    await waitFor(async () => (await ready()).states.includes('lagging'))
    await standby.resume()
  }
  stop.abort()
  await Promise.all([...clients, commits])
  t.same(wrong.slice(0, 10), [])
  t.ok(ages.has(1) && ages.has(2), `${[...ages].sort().join()}: some were old`)
})

t.test('the process reads its replicas from DATABASE_READ_URLS', async t => {
  const process = await startProcess(t, 'rates-api', { DATABASE_URL: url(primary), DATABASE_READ_URLS: urls.join() })
  await waitFor(async () => (await fetch(new URL(path, process.url))).headers.get('age') !== null)
  const { hosts } = await (await fetch(new URL('/ready', process.url))).json() as { hosts: Array<{ name: string }> }
  t.same(hosts.map(({ name }) => name), ['primary', 'replica-1', 'replica-2'])
})

t.test('a stopped replica, all of them, the primary: responses continue while any server is available, and readiness with them', async t => {
  await setCount(3)
  const { get, ready } = await ratesApiOn(t, url(primary), urls)
  await waitFor(async () => (await ready()).states === 'ok ok ok' && (await get()).count === 3)
  const responses: RatesResponse[] = []
  const stop = new AbortController()
  const clients = Array.from({ length: 4 }, async () => { while (!stop.signal.aborted) responses.push(await get()) })
  await first.stop('SIGQUIT')
  t.match(await ready(), { status: 200, states: /^ok \S+ ok$/ })
  await second.stop()
  t.match(await ready(), { status: 200 })
  await waitFor(async () => (await get()).age === undefined)
  await first.start()
  await waitFor(async () => isOfReplica(await get(), 3))
  await primary.stop()
  t.equal((await ready()).status, 200)
  t.equal((await get()).count, 3)
  stop.abort()
  await Promise.all(clients)
  t.same([...new Set(responses.map(({ status }) => status))], [200], `all of ${responses.length} requests succeeded`)
  await first.stop()
  t.equal((await ready()).status, 503)
  t.equal((await get()).status, 503)
  await first.start()
  t.equal((await get()).status, 200, 'the first request after a server has recovered')
  await Promise.all([primary.start(), second.start()])
  await waitFor(async () => (await ready()).states === 'ok ok ok')
})

t.test('without the primary a replica that lags is used', async t => {
  const { get, ready } = await ratesApiOn(t, url(primary), [url(first)], { maxLagMs: 200 })
  await waitFor(async () => (await ready()).states === 'ok ok')
  await primary.stop()
  await waitFor(async () => /lagging$/.test((await ready()).states))
  const { status, age } = await get()
  t.equal(status, 200)
  t.ok(age! >= 1)
  t.equal((await ready()).status, 200)
  await primary.start()
  await waitFor(async () => (await ready()).states === 'ok ok')
})

t.test('a replica that has not replayed a migration of this release is not used, even if it is the only one left', async t => {
  const { get, ready } = await ratesApiOn(t, url(primary), [url(first)])
  const [migration] = await sql`delete from schema_migrations where number = (select max(number) from schema_migrations) returning *`
  await waitFor(async () => (await ready()).states === 'SCHEMA_MISSING SCHEMA_MISSING')
  t.equal((await get()).status, 503)
  await first.pause()
  await sql`insert into schema_migrations ${sql(migration!)}`
  await waitFor(async () => (await ready()).states === 'ok SCHEMA_MISSING')
  t.match(await get(), { status: 200, age: undefined })
  await primary.stop()
  await waitFor(async () => !(await ready()).states.startsWith('ok'))
  t.equal((await get()).status, 503)
  await primary.start()
  await first.resume()
  await waitFor(async () => (await ready()).states === 'ok ok')
})

t.test('a replica whose connections are silent: no request waits for it in vain', async t => {
  const proxy = await tcpProxy(Number(new URL(url(first)).port), () => () => [])
  t.teardown(() => proxy.close())
  const through = new URL(url(first))
  through.port = String(proxy.port)
  const { get, ready } = await ratesApiOn(t, url(primary), [through.href], { cacheBytes: 0, limitMs: 2_000 })
  await waitFor(async () => (await ready()).states === 'ok ok')
  proxy.silence(true)
  const responses = await Promise.all(Array.from({ length: 10 }, () => get()))
  t.same([...new Set(responses.map(({ status }) => status))], [200])
  proxy.silence(false)
  await waitFor(async () => (await ready()).states === 'ok ok')
})

t.test('a promoted server is no longer used as a replica', async t => {
  const other = await database(t)
  const { get, ready } = await ratesApiOn(t, url(primary), [other.url('rates_api')])
  await waitFor(async () => (await ready()).states === 'ok lagging')
  t.equal((await ready()).hosts['replica-1']!.lagSeconds, null)
  t.equal((await get()).age, undefined)
})

const isOfReplica = ({ count, age }: RatesResponse, expected: number): boolean => count === expected && age !== undefined

/** Sends thirty different queries with the same result. */
function getAll (get: (address: string) => Promise<RatesResponse>): Promise<RatesResponse[]> {
  const days = Array.from({ length: 30 }, (_, index) => String(index + 1).padStart(2, '0'))
  return Promise.all(days.map(day => get(path.replace('2021-01-31', `2021-01-${day}`))))
}
