import assert from 'node:assert/strict'
import type { Check } from './check.ts'
import { csv, send } from './batches.ts'
import { callApi, callRatesApi } from './target.ts'

const named = (errors: Array<{ parameter: string }>): string[] => [...new Set(errors.map(({ parameter }) => parameter))].sort()

/** The parts of `GET /rates` that analysts rely on. */
export const ratesContract: Check[] = [
  {
    name: 'rates: an entry for every day, the newest first; null, not 0, for a day without prices',
    async run ({ target, fixture }) {
      const { orig, dest } = await fixture.lane()
      const [first, last] = [fixture.days[0]!, fixture.days.at(-1)!]
      const { status, headers, json } = await callRatesApi(target, { date_from: first, date_to: last, orig_code: orig, dest_code: dest })
      assert.equal(status, 200)
      assert.match(headers.get('content-type')!, /^application\/json/)
      assert.deepEqual(json, { rates: fixture.days.toReversed().map(day => ({ day, count: null, price: null })) })
    },
  },
  {
    name: 'rates: the mean of three and more, null below; identical prices count; codes in any letter case; CSV is the same table',
    async run ({ target, fixture }) {
      const { orig, dest } = await fixture.lane()
      const [one, two, three] = fixture.days as [string, string, string]
      const prices = (day: string, ...cents: number[]) => cents.map(each => ({ orig, dest, day, cents: each }))
      const sent = [...prices(one, 111_800, 119_100, 115_400), ...prices(two, 500, 500), ...prices(three, 77_777, 77_777, 77_777)]
      const batch = await send(target, csv(sent))
      assert.equal(batch.state, 'applied')
      const query = { date_from: one, date_to: three, orig_code: orig.toLowerCase(), dest_code: dest.toLowerCase() }
      const expected = [
        { day: three, count: 3, price: 777.77 }, { day: two, count: 2, price: null }, { day: one, count: 3, price: 1154.3333333333333 },
      ]
      assert.deepEqual((await callRatesApi(target, query)).json, { rates: expected })
      const { headers, text } = await callRatesApi(target, query, { accept: 'text/csv' })
      assert.match(headers.get('content-type')!, /^text\/csv/)
      assert.deepEqual(text.trimEnd().split(/\r?\n/), ['day,count,price', `${three},3,777.77`, `${two},2,`, `${one},3,1154.3333333333333`])
    },
  },
  {
    name: 'rates: all errors are named together, as problem+json',
    async run ({ target }) {
      const { status, headers, json } = await callRatesApi(target, { date_from: '2021-02-30', date_to: 'x', orig_code: '', surprise: '1' })
      assert.equal(status, 400)
      assert.match(headers.get('content-type')!, /^application\/problem\+json/)
      assert.equal(json.status, 400)
      assert.deepEqual(named(json.errors), ['date_from', 'date_to', 'dest_code', 'orig_code', 'surprise'])
    },
  },
  {
    name: 'rates: a reversed range, a range too long, a repeated parameter',
    async run ({ target, fixture }) {
      const { orig, dest } = await fixture.lane()
      const lane = { orig_code: orig, dest_code: dest }
      const reversed = await callRatesApi(target, { ...lane, date_from: '2016-01-02', date_to: '2016-01-01' })
      assert.deepEqual([reversed.status, named(reversed.json.errors)], [400, ['date_from']])
      const long = await callRatesApi(target, { ...lane, date_from: '1990-01-01', date_to: '2020-01-01' })
      assert.deepEqual([long.status, named(long.json.errors)], [400, ['date_to']])
      const twice = await callApi(`${target.rates}/rates?date_from=2016-01-01&date_to=2016-01-01&orig_code=${orig}&orig_code=${orig}&dest_code=${dest}`,
        { key: target.ratesKey })
      assert.deepEqual([twice.status, named(twice.json.errors)], [400, ['orig_code']])
    },
  },
  {
    name: 'rates: an unknown code is 404 and named',
    async run ({ target }) {
      const { status, json } = await callRatesApi(target, { date_from: '2016-01-01', date_to: '2016-01-02', orig_code: 'QQQQQ', dest_code: 'no_such_region' })
      assert.equal(status, 404)
      assert.equal(json.type, '/problems/unknown-location')
      assert.deepEqual(named(json.errors), ['dest_code', 'orig_code'])
      assert.match(json.detail, /QQQQQ/)
    },
  },
]
