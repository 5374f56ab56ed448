import t from 'tap'
import { keepAnswers } from '../../services/rates-api/answers.ts'
import { load, prices } from './prices.ts'
import { ratesApi } from './rates-api.ts'

const query = { date_from: '2021-01-31', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }

t.test('an answer is given again while the snapshot is the same', async t => {
  let [snapshot, questions] = ['1', 0]
  const answers = keepAnswers(async () => { questions++; return snapshot }, 1_000)
  t.equal(await answers.current('a'), undefined)
  t.equal(questions, 0, 'where there is nothing to give, nothing is asked')
  answers.keep('a', '1', 'A')
  answers.keep('b', '1', 'B')
  t.equal(await answers.current('a'), 'A')
  t.equal(questions, 1)
  snapshot = '2'
  t.equal(await answers.current('a'), undefined, 'another snapshot')
  t.equal(questions, 2)
  t.equal(await answers.current('b'), undefined, 'known by now, without asking')
  t.equal(questions, 2)
  answers.keep('a', '2', 'A2')
  t.equal(await answers.current('a'), 'A2')
  t.equal(await answers.current('b'), undefined)
})

t.test('an answer from before is never given with a later snapshot', async t => {
  const answers = keepAnswers(async () => '2', 1_000)
  answers.keep('a', '2', 'new')
  answers.keep('a', '1', 'old, whose query was slow')
  t.equal(await answers.current('a'), undefined)
})

t.test('it keeps what was used last, and never more than it may', async t => {
  const answers = keepAnswers(async () => '1', 35)
  for (const key of ['a', 'b', 'c']) answers.keep(key, '1', key.repeat(9))
  t.equal(await answers.current('a'), 'a'.repeat(9))
  answers.keep('d', '1', 'd'.repeat(9))
  t.equal(await answers.current('b'), undefined, 'the one that was not used for the longest time is gone')
  for (const key of ['a', 'c', 'd']) t.equal(await answers.current(key), key.repeat(9), key)
  answers.keep('e', '1', 'e'.repeat(100))
  t.equal(await answers.current('e'), undefined, 'too long for all')
  t.equal(await answers.current('a'), 'a'.repeat(9))
  for (let index = 0; index < 100; index++) answers.keep('a', '1', 'x'.repeat(9))
  t.equal(await answers.current('d'), 'd'.repeat(9), 'the same key again takes no more room')
  const none = keepAnswers(async () => '1', 0)
  none.keep('a', '1', 'A')
  t.equal(await none.current('a'), undefined)
})

t.test('when the question fails, nothing is given', async t => {
  const answers = keepAnswers(async () => { throw new Error('away') }, 1_000)
  answers.keep('a', '1', 'A')
  await t.rejects(answers.current('a'), /away/)
})

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
