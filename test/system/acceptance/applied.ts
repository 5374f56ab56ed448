import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { Check } from './check.ts'
import { csv, untilFinal, post, send, type Price } from './batches.ts'
import { expectPrices, type Lane } from './fixture.ts'

const rows = 50_000
const laneCount = 20

/** A batch that is applied: completely, within seconds, once. */
export const applied: Check[] = [
  {
    name: `batches: ${rows.toLocaleString('en')} rows are visible within seconds, all of them; sent again they change no price`,
    async run ({ target, fixture, unique }) {
      const lanes: Lane[] = []
      while (lanes.length < laneCount) lanes.push(await fixture.lane())
      const prices: Price[] = Array.from({ length: rows }, (_, index) => ({
        ...lanes[index % laneCount]!, day: fixture.days[Math.floor(Math.random() * 28)]!, cents: 1 + Math.floor(Math.random() * 500_000),
      }))
      const body = gzipSync(csv(prices))
      const sentAt = performance.now()
      const accepted = await post(target, body, { gzip: true, key: unique('large') })
      const acceptedMs = Math.round(performance.now() - sentAt)
      assert.equal(accepted.status, 202, accepted.text)
      const batch = await untilFinal(target, accepted.json.id)
      const appliedMs = Math.round(performance.now() - sentAt)
      assert.deepEqual([batch.state, batch.rows, batch.error_count ?? 0], ['applied', rows, 0])
      for (const lane of lanes) await expectPrices(target, lane, fixture.days, prices)

      const again = await post(target, body, { gzip: true, key: unique('large') })
      assert.deepEqual([again.status, again.json.id, again.json.state], [202, batch.id, 'applied'])
      for (const lane of lanes) await expectPrices(target, lane, fixture.days, prices)
      return `accepted in ${acceptedMs} ms, applied in ${appliedMs} ms, ${batch.attempts} attempt`
    },
  },
  {
    name: 'batches: content names a batch without a key; twenty at the same moment are one',
    async run ({ target, fixture }) {
      const { orig, dest } = await fixture.lane()
      const prices = [1, 2, 3].map(cents => ({ orig, dest, day: fixture.days[0]!, cents: cents * 1_000 }))
      const responses = await Promise.all(Array.from({ length: 20 }, () => post(target, csv(prices))))
      for (const { status, text } of responses) assert.equal(status, 202, text)
      assert.equal(new Set(responses.map(({ json }) => json.id)).size, 1)
      assert.equal((await untilFinal(target, responses[0]!.json.id)).state, 'applied')
      await expectPrices(target, { orig, dest }, fixture.days, prices)
    },
  },
  {
    name: 'batches: a key that belongs to other content is refused with 422, and the first batch is unchanged',
    async run ({ target, fixture, unique }) {
      const lane = await fixture.lane()
      const price = (cents: number): Price => ({ ...lane, day: fixture.days[3]!, cents })
      const first = [price(100), price(200), price(300)]
      const batch = await send(target, csv(first), { key: unique('reused') })
      assert.equal(batch.state, 'applied')
      const { status, headers, json } = await post(target, csv([price(900)]), { key: unique('reused') })
      assert.deepEqual([status, json.type], [422, '/problems/key-reused'])
      assert.match(headers.get('content-type')!, /^application\/problem\+json/)
      await expectPrices(target, lane, fixture.days, first)
    },
  },
]
