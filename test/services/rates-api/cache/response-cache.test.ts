import t from 'tap'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { loadReference } from '../../../../lib/reference/load.ts'
import { retireLocations } from '../../../../lib/reference/retire.ts'
import { openResponseCache } from '../../../../services/rates-api/cache/response-cache.ts'
import { load, prices } from '../../../harness/prices.ts'
import { ratesApi } from '../../../harness/rates-api.ts'

const query = { date_from: '2021-01-31', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }

t.test('a response is a hit while the snapshot is the same', async t => {
  let [snapshot, queries] = ['1', 0]
  const { find, given: cached, make: compute } = openCache(1_000, async () => { queries++; return snapshot })
  t.equal(await cached('a'), undefined)
  t.equal(queries, 0, 'without an entry the snapshot is not queried')
  await compute('a', '1', 'not cached: the snapshot before it is not known')
  await compute('a', '1', 'A')
  await compute('b', '1', 'B')
  t.equal(await cached('a'), 'A')
  t.equal(queries, 1)
  snapshot = '2'
  const { body, store } = await find('a')
  t.equal(body, undefined, 'another snapshot')
  t.equal(queries, 2)
  t.equal(await cached('b'), undefined, 'known by now, without a query')
  t.equal(queries, 2)
  store('2', 'A2')
  t.equal(await cached('a'), 'A2')
  t.equal(await cached('b'), undefined)
})

t.test('a response of an earlier snapshot is never a hit for a later one', async t => {
  const { given: cached, make: compute } = openCache(1_000, async () => '2')
  await compute('a', '2', 'new')
  await compute('a', '2', 'new')
  await compute('a', '1', 'old, whose query was slow')
  await compute('a', '1', 'old, whose query was slow')
  t.equal(await cached('a'), undefined)
})

t.test('data that is older than the snapshot which was read after it is not cached', async t => {
  const { find, given: cached, make: compute } = openCache(1_000, async () => '2')
  await compute('b', '1', 'B')
  const { store } = await find('a')
  await compute('b', '2', 'another caller has seen the change meanwhile')
  store('2', 'from before the change')
  t.equal(await cached('a'), undefined)
})

t.test('each server has its own entries', async t => {
  const { cacheFor } = openResponseCache(1_000)
  const [one, other] = ['1', '2'].map(server => cacheFor(server, async () => 'same'))
  for (const body of ['not cached', 'A']) (await one!.find('a')).store('same', body)
  t.equal((await one!.find('a')).body, 'A')
  t.equal((await other!.find('a')).body, undefined)
})

t.test('the cache evicts the least recently used entry, and never exceeds its limit', async t => {
  const { given: cached, make: compute } = openCache(41, async () => '1') // each has a key of three characters
  await compute('-', '1', '')
  for (const key of ['a', 'b', 'c']) await compute(key, '1', key.repeat(9))
  t.equal(await cached('a'), 'a'.repeat(9))
  await compute('d', '1', 'd'.repeat(9))
  t.equal(await cached('b'), undefined, 'the least recently used one is evicted')
  for (const key of ['a', 'c', 'd']) t.equal(await cached(key), key.repeat(9), key)
  await compute('e', '1', 'e'.repeat(100))
  t.equal(await cached('e'), undefined, 'larger than the cache')
  t.equal(await cached('a'), 'a'.repeat(9))
  for (let index = 0; index < 100; index++) await compute('a', '1', 'x'.repeat(9))
  t.equal(await cached('d'), 'd'.repeat(9), 'the same key again takes no more capacity')
  const none = openCache(0, async () => '1')
  for (const body of ['A', 'A']) await none.make('a', '1', body)
  t.equal(await none.given('a'), undefined)
})

t.test('when the query fails, the cache is not used', async t => {
  const { given: cached, make: compute } = openCache(1_000, async () => { throw new Error('unavailable') })
  for (const body of ['A', 'A']) await compute('a', '1', body)
  await t.rejects(cached('a'), /unavailable/)
})

/** Opens the cache of one server. `make` sends a query, whatever is cached. */
function openCache (maxBytes: number, readSnapshot: () => Promise<string>) {
  const { find } = openResponseCache(maxBytes).cacheFor('s', readSnapshot)
  return {
    find,
    given: async (key: string) => (await find(key)).body,
    make: async (key: string, snapshot: string, body: string) => (await find(key).catch(() => find('-'))).store(snapshot, body),
  }
}

t.test('a request after a commit sees it, however many concurrent requests are the same', async t => {
  const { db, get } = await ratesApi(t)
  await load(db.migrator, prices('CNGGZ EETLL 2021-01-31: 1'))
  const stop = new AbortController()
  const others = Array.from({ length: 8 }, async () => {
    while (!stop.signal.aborted) await get('/rates', query)
  })
  const rounds = 200
  const seen: number[] = []
  for (let count = 2; count <= rounds; count++) {
    await load(db.migrator, prices('CNGGZ EETLL 2021-01-31: 1'))
    const [rate] = (await get('/rates', query)).body.rates
    seen.push(rate.count)
  }
  t.same(seen, Array.from({ length: rounds - 1 }, (_, index) => index + 2), 'each commit at once')
  stop.abort()
  await Promise.all(others)
})

t.test('only the first responses are misses while nothing is committed', async t => {
  const metrics = openMetrics('rates-api')
  const { app, db } = await ratesApi(t, { metrics })
  await load(db.migrator, prices('CNGGZ EETLL 2021-01-31: 1 2 3'))
  const url = `/rates?${new URLSearchParams(query)}`
  const count = async (): Promise<Array<number | undefined>> => [
    await valueOf(metrics, 'freight_response_cache_total', { result: 'miss' }),
    await valueOf(metrics, 'freight_response_cache_total', { result: 'hit' }),
    await valueOf(metrics, 'freight_db_query_seconds', {}, 'count'),
  ]
  // The first response is not cached, because the snapshot before it is unknown. Each hit queries the snapshot, each miss the lane.
  for (const [accept, counts] of [['application/json', [2, 498, 500]], ['text/csv', [3, 997, 1_000]]] as const) {
    const responses = new Set<string>()
    for (let index = 0; index < 500; index++) {
      const { statusCode, payload } = await app.inject({ url, headers: { accept } })
      responses.add(`${statusCode} ${payload}`)
    }
    const [response, ...others] = responses
    t.match(response, accept === 'text/csv' ? /^200 day,count,price\n2021-01-31,3,2\n$/ : '200 {"rates":[{"day":"2021-01-31","count":3,"price":2}]}')
    t.same(others, [], accept)
    t.same(await count(), counts, accept)
  }
})

t.test('merging and VACUUM keep the responses; a batch and a change of the reference data do not', async t => {
  const metrics = openMetrics('rates-api')
  const { db: { migrator: sql }, get } = await ratesApi(t, { metrics })
  await load(sql, prices('CNGGZ EETLL 2021-01-31: 1 2 3'))
  const actor = { name: 'tester', reason: 'a test' }
  const port = (name: string) => loadReference(sql, `code,name,parent_slug\nCNGGZ,${name},pearl_river_delta`, null)
  const changes: Array<[what: string, change: () => Promise<unknown>, result: 'hit' | 'miss', count: number]> = [
    ['nothing', async () => {}, 'hit', 3],
    ['merging', () => sql`
      with taken as (delete from unmerged_prices returning *), merged as (insert into merged_prices select * from taken)
      insert into merged_sums (month, orig_code, dest_code, counts, cents)
      select month, orig_code, dest_code, array_fill(0, array[30]) || 3, array_fill(0::bigint, array[30]) || 600::bigint from taken`, 'hit', 3],
    ['VACUUM', () => sql`vacuum unmerged_prices, merged_sums`, 'hit', 3],
    ['a batch', () => load(sql, prices('CNGGZ EETLL 2021-01-31: 5')), 'miss', 4],
    ['a load of reference data', () => port('Guangzhou Nansha'), 'miss', 4],
    ['a load that changes nothing', () => port('Guangzhou Nansha'), 'hit', 4],
    ['an alias', () => loadReference(sql, 'code,name,parent_slug,aliases\nCNGGZ,Guangzhou Nansha,pearl_river_delta,CNGGY', null), 'miss', 4],
    ['retiring', () => retireLocations(sql, ['EETLL'], 'retire', actor), 'miss', 4],
    ['unretiring', () => retireLocations(sql, ['EETLL'], 'unretire', actor), 'miss', 4],
  ]
  for (const [what, change, result, count] of changes) {
    for (let again = 0; again < 2; again++) await get('/rates', query) // the first after a change is not cached
    const before = await valueOf(metrics, 'freight_response_cache_total', { result }) ?? 0
    await change()
    t.match(await get('/rates', query), { body: { rates: [{ count }] } }, what)
    t.equal(await valueOf(metrics, 'freight_response_cache_total', { result }), before + 1, `${what}: ${result}`)
  }
})
