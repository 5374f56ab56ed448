import assert from 'node:assert/strict'
import type { Check } from './check.ts'
import { csv, send } from './batches.ts'
import { callApi, callRatesApi } from './target.ts'

/** Ports and regions are found by code and name. The rates of a region are those of its ports. */
export const locations: Check[] = [
  {
    name: 'locations: a port by its code, with name and region; the limit holds; a wrong limit is refused',
    async run ({ target, fixture }) {
      const { orig } = await fixture.lane()
      const find = (query: string) => callApi(`${target.rates}/locations?${query}`, { key: target.ratesKey })
      const { status, json } = await find(`q=${orig.toLowerCase()}&limit=5`)
      assert.equal(status, 200)
      assert.ok(json.locations.length <= 5)
      const [port] = json.locations
      assert.deepEqual([port.code, port.kind], [orig, 'port'])
      assert.ok(port.name.length > 0 && port.region.length > 0)
      const byName = await find(`q=${encodeURIComponent(port.name)}&limit=100`)
      assert.ok(byName.json.locations.some((each: { code: string }) => each.code === orig), `${port.name} does not find ${orig}`)
      assert.equal((await find('limit=0')).status, 400)
      assert.equal((await find('surprise=1')).status, 400)
    },
  },
  {
    name: 'locations: the rates of a region are those of its ports, at any depth',
    async run ({ target, fixture }) {
      const { orig, dest } = await fixture.lane()
      const day = fixture.days[9]!
      const { json: { locations: [port] } } = await callApi(`${target.rates}/locations?q=${orig}&limit=1`, { key: target.ratesKey })
      const { json: { locations: [region] } } = await callApi(`${target.rates}/locations?q=${port.region}&limit=1`, { key: target.ratesKey })
      assert.deepEqual([region.code, region.kind], [port.region, 'region'])
      const above = [region.code, region.region].filter(Boolean)
      const count = async (code: string): Promise<number> => {
        const { status, json, text } = await callRatesApi(target, { date_from: day, date_to: day, orig_code: code, dest_code: dest })
        assert.equal(status, 200, text)
        return json.rates[0].count ?? 0
      }
      const before = await Promise.all(above.map(count))
      assert.equal((await send(target, csv([1, 2, 3, 4].map(each => ({ orig, dest, day, cents: each * 10_000 }))))).state, 'applied')
      assert.deepEqual(await Promise.all(above.map(count)), before.map(each => each + 4))
      return `${orig} in ${above.join(' in ')}`
    },
  },
]
