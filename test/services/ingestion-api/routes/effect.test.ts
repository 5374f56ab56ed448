import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { mergeAll } from '../../../../lib/ledger/merge/merge-all.ts'
import { removePrices } from '../../../../lib/ledger/remove-prices.ts'
import { applyingApi } from '../../../harness/applying-api.ts'
import { header } from '../../../harness/ingestion-api.ts'

type Price = { lane: string, day: string, cents: number }
type LaneDay = {
  orig_code: string, dest_code: string, day: string
  count_before: number, mean_before: number | null, count_after: number, mean_after: number | null
}
type Api = Awaited<ReturnType<typeof applyingApi>>

const random = (max: number): number => Math.floor(Math.random() * max)
const randomPrices = (count: number): Price[] => Array.from({ length: count }, () => ({
  lane: `${['CNGGZ', 'CNXMN', 'CNYTN'][random(3)]},${['EETLL', 'DEHAM'][random(2)]}`, day: `2021-0${1 + random(2)}-0${1 + random(4)}`, cents: 1 + random(300) * 50,
}))
const csvOf = (prices: readonly Price[]): string => header + prices.map(({ lane, day, cents }) => `${lane},${day},${(cents / 100).toFixed(2)}\n`).join('')

/** The counts and sums of each lane-day. */
function sumsOf (batches: Iterable<Price[]>): Map<string, { count: number, cents: number }> {
  const sums = new Map<string, { count: number, cents: number }>()
  for (const { lane, day, cents } of [...batches].flat()) {
    const of = sums.get(`${lane},${day}`) ?? { count: 0, cents: 0 }
    sums.set(`${lane},${day}`, { count: of.count + 1, cents: of.cents + cents })
  }
  return sums
}

/** The effect of a change from one set of batches to another, computed from all prices. */
function expected (before: Iterable<Price[]>, after: Iterable<Price[]>): LaneDay[] {
  const [old, now] = [sumsOf(before), sumsOf(after)]
  const mean = ({ count, cents }: { count: number, cents: number }): number | null => count < 3 ? null : cents / (100 * count)
  const rows = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap(key => {
    const [a, b] = [old.get(key) ?? { count: 0, cents: 0 }, now.get(key) ?? { count: 0, cents: 0 }]
    const [orig, dest, day] = key.split(',') as [string, string, string]
    if (a.count === b.count && a.cents === b.cents) return []
    return [{ orig_code: orig, dest_code: dest, day, count_before: a.count, mean_before: mean(a), count_after: b.count, mean_after: mean(b) }]
  })
  const change = ({ mean_before: a, mean_after: b }: LaneDay): number => a === null || b === null ? -1 : Math.abs(b - a)
  return rows.sort((a, b) => change(b) - change(a)) // stable: equal ones stay ordered by lane and day
}

const read = (api: Api, id: string, query = '') => api.call(`/batches/${id}/effect?limit=1000${query}`)
const laneDays = async (t: Test, api: Api, id: string, query = ''): Promise<LaneDay[]> => {
  const { status, body, text } = await read(api, id, query)
  t.equal(status, 200, text)
  return body.lane_days
}

t.test('the effect is that of a recomputation from all prices, whatever happens afterwards', async t => {
  const api = await applyingApi(t)
  const counting = new Map<string, Price[]>()
  const effects = new Map<string, LaneDay[]>()
  const asked = new Map<string, string>()
  for (let operation = 0; operation < 40; operation++) {
    const before = [...counting.values()]
    const ids = [...counting.keys()]
    if (random(5) === 0 && ids.length > 0) {
      const id = ids[random(ids.length)]!
      const without = before.filter(prices => prices !== counting.get(id))
      t.same(await laneDays(t, api, id, '&of=withdrawal'), expected(before, without), 'of a withdrawal now')
      await api.withdraw(id)
      counting.delete(id)
      t.same(await laneDays(t, api, id, '&of=withdrawal'), [], 'it is withdrawn')
    } else {
      const targets = random(3) === 0 ? ids.filter(() => random(4) === 0) : []
      // A part of the replaced prices comes again: these lane-days may not change.
      const prices = [...targets.flatMap(id => counting.get(id)!.slice(0, random(40))), ...randomPrices(1 + random(40))]
      const id = await api.send(csvOf(prices), targets.length > 0 ? `?replaces=${targets.join()}` : '')
      for (const target of targets) counting.delete(target)
      counting.set(id, prices)
      effects.set(id, expected(before, [...counting.values()]))
      if (random(2) === 0) asked.set(id, (await read(api, id)).text)
    }
    if (random(10) === 0) await mergeAll(api.worker.sql)
  }
  for (const merged of [false, true]) {
    if (merged) await mergeAll(api.worker.sql)
    for (const [id, effect] of effects) {
      t.same(await laneDays(t, api, id), effect)
      const { text } = await read(api, id)
      if (asked.has(id)) t.equal(text, asked.get(id), 'the same bytes as at once')
      asked.set(id, text)
      await api.aws.s3.send(new DeleteObjectCommand({ Bucket: api.aws.bucket, Key: `effects/${id}.applied.ndjson` })) // computed again
    }
  }
  t.ok([...effects.values()].some(rows => rows.some(({ mean_before: a, mean_after: b }) => a !== null && b !== null && a !== b)))
})

t.test('pages', async t => {
  const api = await applyingApi(t)
  const days = Array.from({ length: 28 }, (_, at) => `2021-01-${String(at + 1).padStart(2, '0')}`)
  const prices = ['CNGGZ', 'CNXMN', 'CNYTN', 'CNSHA'].flatMap(orig => days.flatMap(day => [1, 2, 3].map(() => ({ lane: `${orig},EETLL`, day, cents: 100 + random(900) }))))
  await api.send(csvOf(prices))
  const id = await api.send(csvOf(prices.map(price => ({ ...price, cents: 2 * price.cents }))))
  const all = await laneDays(t, api, id)
  t.equal(all.length, 4 * 28)
  for (const kind of ['', '&of=withdrawal']) {
    for (const limit of [1, 7, 112]) {
      const found: LaneDay[] = []
      let cursor = ''
      for (let pages = 0; pages < 200; pages++) {
        const { body } = await api.call(`/batches/${id}/effect?limit=${limit}${kind}${cursor}`)
        t.ok(body.lane_days.length <= limit)
        found.push(...body.lane_days)
        if (body.next_cursor === null) break
        cursor = `&cursor=${body.next_cursor}`
      }
      t.same(found, await laneDays(t, api, id, kind), `pages of ${limit}${kind}`)
    }
  }
  t.equal((await api.call(`/batches/${id}/effect`)).body.lane_days.length, 100)
  for (const cursor of ['5', '999999999', 'x', '-1']) {
    t.match(await api.call(`/batches/${id}/effect?cursor=${cursor}`), { status: 400, body: { type: '/problems/invalid-parameters', errors: [{ parameter: 'cursor' }] } }, cursor)
  }
  t.match(await api.call(`/batches/${id}/effect?of=release`), { status: 400 })
  t.match(await api.call(`/batches/${id}/effect`, { as: 'other' }), { status: 404, body: { type: '/problems/unknown-batch' } })
  t.match(await api.call(`/batches/${id}/effect`, { as: 'sender' }), { status: 403 })
})

t.test('a dry run and a held batch: as of the check', async t => {
  const api = await applyingApi(t, { providers: ['demo'], factor: 3, share: 0.1 })
  const lane = 'CNGGZ,EETLL'
  const prices = (day: string, ...cents: number[]): Price[] => cents.map(cents => ({ lane, day, cents }))
  const first = prices('2021-01-05', 1_000, 1_100, 1_200)
  const dryFirst = await api.send(csvOf(first), '?dry_run=true')
  const old = await api.send(csvOf(first))
  const next = prices('2021-01-05', 1_500, 1_600, 1_700)
  const dry = await api.send(csvOf(next), '?dry_run=true')
  const dryReplacing = await api.send(csvOf(next), `?dry_run=true&replaces=${old}`)
  const wrong = prices('2021-01-06', 90_000, 80_000, 70_000)
  const held = await api.send(csvOf(wrong))
  t.match((await api.call(`/batches/${held}`)).body, { state: 'held' })
  const other = prices('2021-01-04', 1_000, 1_000, 1_000)
  await api.send(csvOf(other))
  const heldReplacing = await api.send(csvOf(wrong), `?replaces=${old}`)
  t.match((await api.call(`/batches/${heldReplacing}`)).body, { state: 'held' })
  const more = prices('2021-01-05', 1_050, 1_070)
  await api.send(csvOf(more))
  await mergeAll(api.worker.sql)
  t.same(await laneDays(t, api, dryFirst), expected([], [first]))
  t.same(await laneDays(t, api, dry), expected([first], [first, next]))
  t.same(await laneDays(t, api, dryReplacing), expected([first], [next]))
  t.same(await laneDays(t, api, held), expected([first], [first, wrong]))
  t.same(await laneDays(t, api, heldReplacing), expected([first, other], [other, wrong]))
  await api.withdraw(held)
  t.same(await laneDays(t, api, held), expected([first], [first, wrong]), 'withdrawn, never applied')
  t.match(await read(api, held, '&of=withdrawal'), { status: 404, body: { type: '/problems/no-effect' } })

  const released = await api.send(csvOf(prices('2021-01-07', 90_000)))
  t.match((await api.call(`/batches/${released}`)).body, { state: 'held' })
  await api.send(csvOf(prices('2021-01-07', 1_080, 1_090)))
  t.match(await api.call(`/batches/${released}/release`, { method: 'POST' }), { status: 202 })
  t.match(await read(api, released), { status: 404, body: { type: '/problems/no-effect', state: 'queued' } })
  await api.worker.deliver((await api.store.readManifest(released))!)
  const all = [first, other, more, prices('2021-01-07', 1_080, 1_090)]
  t.same(await laneDays(t, api, released), expected(all, [...all, prices('2021-01-07', 90_000)]), 'applied: by its position, not as of the check')
})

t.test('batches without an effect, and prices that were removed', async t => {
  const api = await applyingApi(t)
  const queued = (await api.submit(csvOf(randomPrices(1)))).body.id
  const rejected = await api.send(`${header}CNGGZ,XXXXX,2021-01-05,1\n`)
  for (const [state, id] of Object.entries({ queued, rejected })) {
    t.match(await read(api, id), { status: 404, body: { type: '/problems/no-effect', id, state } })
    t.match(await read(api, id, '&of=withdrawal'), { status: 404, body: { type: '/problems/no-effect', id, state } })
  }
  const earlier = await api.send(csvOf(randomPrices(10)))
  const [kept, lost] = [await api.send(csvOf(randomPrices(10))), await api.send(csvOf(randomPrices(10)))]
  const { text } = await read(api, kept)
  await api.withdraw(earlier)
  const later = await api.send(csvOf(randomPrices(10)))
  const [{ number }] = await api.db.migrator<[{ number: number }]>`select number from batches where id = ${earlier}`
  const during: number[] = []
  await removePrices(api.worker.sql, number, async () => { during.push((await read(api, lost)).status) })
  t.ok(during.length > 0 && during.every(status => status === 410), 'while prices are removed')
  t.equal((await read(api, kept)).text, text, 'stored before')
  t.match(await read(api, lost), { status: 410, body: { type: '/problems/prices-removed', id: lost } }, 'a batch that counted beside it')
  t.match(await read(api, earlier), { status: 410 })
  t.match(await read(api, later), { status: 200 })
  await api.db.migrator`update batches set purged_at = now() where id = ${kept}`
  t.match(await read(api, kept), { status: 410 })
})

t.test('the store is unavailable; concurrent requests', async t => {
  const api = await applyingApi(t)
  const id = await api.send(csvOf(randomPrices(10)))
  const stop = api.proxy.cut(({ key }) => key.startsWith('effects/'))
  t.match(await read(api, id), { status: 503, body: { type: '/problems/store-unavailable' } })
  stop()
  t.same(await api.objects('effects/'), [])
  const both = await Promise.all([read(api, id), read(api, id)])
  t.equal(both[0].text, both[1].text)
  t.equal(both[0].status, 200)
})
