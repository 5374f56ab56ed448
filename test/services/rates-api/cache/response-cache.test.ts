import t from 'tap'
import { keepAnswers } from '../../../../services/rates-api/cache/response-cache.ts'
import { load, prices } from '../../../harness/prices.ts'
import { ratesApi } from '../../../harness/rates-api.ts'

const query = { date_from: '2021-01-31', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }

t.test('an answer is given again while the snapshot is the same', async t => {
  let [snapshot, questions] = ['1', 0]
  const { find, given, make } = answers(1_000, async () => { questions++; return snapshot })
  t.equal(await given('a'), undefined)
  t.equal(questions, 0, 'where there is nothing to give, nothing is asked')
  await make('a', '1', 'not kept: nobody knows what was there before')
  await make('a', '1', 'A')
  await make('b', '1', 'B')
  t.equal(await given('a'), 'A')
  t.equal(questions, 1)
  snapshot = '2'
  const { body, keep } = await find('a')
  t.equal(body, undefined, 'another snapshot')
  t.equal(questions, 2)
  t.equal(await given('b'), undefined, 'known by now, without asking')
  t.equal(questions, 2)
  keep('2', 'A2')
  t.equal(await given('a'), 'A2')
  t.equal(await given('b'), undefined)
})

t.test('an answer from before is never given with a later snapshot', async t => {
  const { given, make } = answers(1_000, async () => '2')
  await make('a', '2', 'new')
  await make('a', '2', 'new')
  await make('a', '1', 'old, whose query was slow')
  await make('a', '1', 'old, whose query was slow')
  t.equal(await given('a'), undefined)
})

t.test('data that is older than the snapshot which was read after it is not kept', async t => {
  const { find, given, make } = answers(1_000, async () => '2')
  await make('b', '1', 'B')
  const { keep } = await find('a')
  await make('b', '2', 'somebody else has seen the change meanwhile')
  keep('2', 'of the time before the change')
  t.equal(await given('a'), undefined)
})

t.test('each server has its own', async t => {
  const { answersOf } = keepAnswers(1_000)
  const [one, other] = ['1', '2'].map(server => answersOf(server, async () => 'same'))
  for (const body of ['not kept', 'A']) (await one!.find('a')).keep('same', body)
  t.equal((await one!.find('a')).body, 'A')
  t.equal((await other!.find('a')).body, undefined)
})

t.test('it keeps what was used last, and never more than it may', async t => {
  const { given, make } = answers(41, async () => '1') // each has a key of three characters
  await make('-', '1', '')
  for (const key of ['a', 'b', 'c']) await make(key, '1', key.repeat(9))
  t.equal(await given('a'), 'a'.repeat(9))
  await make('d', '1', 'd'.repeat(9))
  t.equal(await given('b'), undefined, 'the one that was not used for the longest time is gone')
  for (const key of ['a', 'c', 'd']) t.equal(await given(key), key.repeat(9), key)
  await make('e', '1', 'e'.repeat(100))
  t.equal(await given('e'), undefined, 'too long for all')
  t.equal(await given('a'), 'a'.repeat(9))
  for (let index = 0; index < 100; index++) await make('a', '1', 'x'.repeat(9))
  t.equal(await given('d'), 'd'.repeat(9), 'the same key again takes no more room')
  const none = answers(0, async () => '1')
  for (const body of ['A', 'A']) await none.make('a', '1', body)
  t.equal(await none.given('a'), undefined)
})

t.test('when the question fails, nothing is given', async t => {
  const { given, make } = answers(1_000, async () => { throw new Error('away') })
  for (const body of ['A', 'A']) await make('a', '1', body)
  await t.rejects(given('a'), /away/)
})

/** The answers of one server: `make` asks it, whatever is kept. */
function answers (maxBytes: number, askSnapshot: () => Promise<string>) {
  const { find } = keepAnswers(maxBytes).answersOf('s', askSnapshot)
  return {
    find,
    given: async (key: string) => (await find(key)).body,
    make: async (key: string, snapshot: string, body: string) => (await find(key).catch(() => find('-'))).keep(snapshot, body),
  }
}

t.test('whoever asks after a commit sees it, however many ask the same all the time', async t => {
  const { db, get } = await ratesApi(t)
  await load(db.migrator, prices('CNGGZ EETLL 2021-01-31: 1'))
  const stop = new AbortController()
  const others = Array.from({ length: 8 }, async () => {
    while (!stop.signal.aborted) await get('/rates', query)
  })
  const rounds = 200
  const seen: number[] = []
  for (let count = 2; count <= rounds; count++) {
    await db.migrator`update lane_months set counts[31] = ${count}, cents[31] = ${count * 100}`
    const [rate] = (await get('/rates', query)).body.rates
    seen.push(rate.count)
  }
  t.same(seen, Array.from({ length: rounds - 1 }, (_, index) => index + 2), 'each commit at once')
  stop.abort()
  await Promise.all(others)
})

t.test('most answers are given again', async t => {
  const { app, db } = await ratesApi(t, { connect: db => counting(db.open('rates_api')) as never })
  let queries = 0
  function counting (sql: any) {
    const counted = (strings: TemplateStringsArray, ...values: unknown[]) => {
      if (strings[0]!.includes('select\n')) queries++
      return sql(strings, ...values)
    }
    return Object.assign(counted, { unsafe: sql.unsafe, end: sql.end })
  }
  await load(db.migrator, prices('CNGGZ EETLL 2021-01-31: 1 2 3'))
  for (const accept of ['application/json', 'text/csv']) {
    queries = 0
    const bodies = new Set<string>()
    for (let index = 0; index < 500; index++) {
      bodies.add((await app.inject({ url: `/rates?${new URLSearchParams(query)}`, headers: { accept } })).payload)
    }
    t.equal(bodies.size, 1)
    t.ok(queries < 250, `${queries} queries for 500 answers`) // other tests commit meanwhile, on the same server
  }
})
