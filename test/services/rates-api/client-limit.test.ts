import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { ratesApi, type TestRatesApi } from '../../harness/rates-api.ts'

const query = { date_from: '2021-01-29', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }

/**
 * Sends a request that is refused before the database is queried, but after the limit is checked. `by` is the client's address as the proxy reports
 * it.
 */
const callerOf = ({ get }: TestRatesApi) => async (by: string, path = '/locations'): Promise<number> =>
  (await get(path, 'wrong=1', { headers: { 'x-forwarded-for': by } })).status

const limited = (t: Test, perMinute: number, trustedProxies = 1, options: Parameters<typeof ratesApi>[1] = {}): Promise<TestRatesApi> =>
  ratesApi(t, { ...options, limits: { client: { perMinute, trustedProxies } } })

t.test('a client above its limit: 429, with the time to wait; other clients are served', async t => {
  const it = await limited(t, 3)
  const call = callerOf(it)
  t.equal((await it.get('/rates', query, { headers: { 'x-forwarded-for': '192.0.2.1' } })).status, 200)
  t.equal(await call('192.0.2.1'), 400)
  t.equal(await call('192.0.2.1', '/rates'), 400)
  for (const [path, of] of [['/rates', query], ['/locations', {}]] as const) {
    const refused = await it.get(path, of, { headers: { 'x-forwarded-for': '192.0.2.1' } })
    t.match(refused, { status: 429, body: { type: '/problems/too-many-requests' }, headers: { 'content-type': /^application\/problem\+json/ } })
    const seconds = Number(refused.headers['retry-after'])
    t.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, `${seconds} s`)
  }
  t.equal(await call('192.0.2.2'), 400)
  for (const path of ['/live', '/ready', '/openapi.json', '/docs']) {
    for (let each = 0; each < 5; each++) t.equal((await it.get(path, '', { headers: { 'x-forwarded-for': '192.0.2.1' } })).status, 200, path)
  }
})

t.test('addresses that the client itself sends do not count', async t => {
  const call = callerOf(await limited(t, 2))
  t.same([await call('1.1.1.1, 192.0.2.1'), await call('2.2.2.2, 192.0.2.1'), await call('3.3.3.3, 192.0.2.1'), await call('192.0.2.1')], [400, 400, 429, 429])
  t.equal(await call('192.0.2.1, 192.0.2.9'), 400, 'nor do they affect another client')
})

t.test('without a proxy the header is ignored', async t => {
  const call = callerOf(await limited(t, 2, 0))
  t.same([await call('1.1.1.1'), await call('2.2.2.2'), await call('3.3.3.3')], [400, 400, 429])
})

t.test('an IPv6 client is its /64, an IPv4 one in IPv6 is itself', async t => {
  const call = callerOf(await limited(t, 2))
  t.same([await call('2001:db8::1'), await call('2001:db8::2'), await call('2001:db8::ffff:0:0:3'), await call('2001:db8:0:1::1')], [400, 400, 429, 400])
  t.same([await call('::ffff:192.0.2.1'), await call('192.0.2.1'), await call('::ffff:c000:201'), await call('::ffff:192.0.2.2')], [400, 400, 429, 400])
})

t.test('0 is no limit', async t => {
  const it = await limited(t, 0)
  for (let each = 0; each < 50; each++) t.equal((await it.get('/locations', 'wrong=1')).status, 400)
  t.notOk((it.app.swagger() as any).paths['/rates'].get.responses[429], 'and no 429 is documented')
})

t.test('counters are bounded: the most recently used remain', async t => {
  const call = callerOf(await ratesApi(t, { limits: { client: { perMinute: 2, trustedProxies: 1, maxCounters: 100 } } }))
  const spend = async (by: string): Promise<number> => {
    await call(by)
    await call(by)
    return await call(by)
  }
  t.same([await spend('192.0.2.1'), await spend('192.0.2.2')], [429, 429])
  for (let each = 0; each < 100; each++) {
    await call(`10.0.0.${each}`)
    if (each % 25 === 0) t.equal(await call('192.0.2.2'), 429, 'a client that keeps sending is still counted')
  }
  t.equal(await call('192.0.2.1'), 400, 'a client that was silent is not')
  t.equal(await call('192.0.2.2'), 429)
})

t.test('a caller without a key is counted, and the database is not queried', async t => {
  const sha256 = createHash('sha256').update('reader').digest('hex')
  const it = await limited(t, 3, 1, { keys: () => [{ provider: 'reader', sha256, scopes: ['rates'] }] })
  const call = (authorization?: string) => it.get('/rates', query, { headers: { 'x-forwarded-for': '192.0.2.1', ...(authorization ? { authorization } : {}) } })
  const before = await connections(it)
  t.same([(await call()).status, (await call('Bearer a')).status, (await call('Bearer b')).status, (await call('Bearer c')).status], [401, 401, 401, 429])
  t.equal(await connections(it), before)
  t.equal((await call('Bearer reader')).status, 429, 'the address is what counts')
})

/** Returns the number of connections that the rates API has opened. */
async function connections ({ db }: TestRatesApi): Promise<number> {
  const [row] = await db.migrator`select count(*)::int as connections from pg_stat_activity where datname = current_database() and usename = 'rates_api'`
  return row!.connections as number
}
