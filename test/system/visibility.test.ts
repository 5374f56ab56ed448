import t from 'tap'
import { buildRatesApi } from '../../services/rates-api/app.ts'
import { sampleCsv } from '../../lib/sample/month.ts'
import { pipeline, silent } from '../harness/pipeline.ts'
import { waitFor } from '../harness/wait.ts'
import { startWorker } from '../harness/worker.ts'

const path = '/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=china_main&dest_code=north_europe_main'

t.test('a reader that polls through the commit sees none of a batch, then all of it', async t => {
  const it = await pipeline(t)
  const app = await buildRatesApi({
    connect: () => it.db.open('rates_api'), log: silent, keys: null,
    limits: {
      maxDays: 366, asOf: { keepDays: 400, maxPrices: 5_000_000 },
      cacheBytes: 1_000_000, connections: 4, maxWaiting: 100, limitMs: 5_000, maxLagMs: 10_000, probeEveryMs: 1_000,
    },
  })
  t.teardown(() => app.close())
  const seen: string[] = []
  const polling = new AbortController()
  const poll = async (): Promise<void> => {
    while (!polling.signal.aborted) {
      const { statusCode, body } = await app.inject(path)
      if (statusCode !== 200) throw new Error(body)
      if (seen.at(-1) !== body) seen.push(body)
    }
  }
  const pollers = [poll(), poll()]
  startWorker(t, it)
  const csv = sampleCsv()
  const first = await it.submit(csv, { key: '1' })
  const second = await it.submit(csv, { key: '2' })
  await it.settled(first.id, 'applied')
  await it.settled(second.id, 'applied')
  const last = (await app.inject(path)).body
  await waitFor(() => seen.at(-1) === last)
  polling.abort()
  await Promise.all(pollers)

  // Two pollers may record the same response alternately around a change. The test checks that there are no others.
  const different = [...new Set(seen)].map(body => (JSON.parse(body) as { rates: Array<{ count: number | null, price: number | null }> }).rates)
  t.equal(different.length, 3, 'before, after the first batch, after the second')
  const [none, one, two] = different
  t.ok(none!.every(({ count }) => count === null))
  t.ok(one!.some(({ count }) => count !== null))
  t.same(two, one!.map(rate => ({ ...rate, count: rate.count === null ? null : rate.count * 2 })), 'twice the prices, the same means')
})
