import assert from 'node:assert/strict'
import type { Check } from './check.ts'
import { csv, send } from './batches.ts'
import { callIngestionApi } from './target.ts'

/** Lists of a provider's batches. */
export const lists: Check[] = [{
  name: 'lists: the caller\'s own batches, newest first, page by page, by state',
  async run ({ target, fixture }) {
    const lane = await fixture.lane()
    const ids: string[] = []
    for (const cents of [100, 200, 300]) {
      const batch = await send(target, csv([{ ...lane, day: fixture.days[0]!, cents }]), { dryRun: true })
      ids.unshift(batch.id)
    }
    const listed: string[] = []
    for (let cursor: string | null = null, pages = 0; pages < 20 && !ids.every(id => listed.includes(id)); pages++) {
      const { status, json, text } = await callIngestionApi(target, `/batches?state=validated&limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      assert.equal(status, 200, text)
      assert.ok(json.batches.length <= 2)
      for (const { id, state } of json.batches) {
        assert.equal(state, 'validated')
        assert.ok(!listed.includes(id), `${id} is on two pages`)
        listed.push(id)
      }
      cursor = json.next_cursor
      if (cursor === null) break
    }
    assert.deepEqual(listed.filter(id => ids.includes(id)), ids)
    assert.equal((await callIngestionApi(target, '/batches?state=nonsense')).status, 400)
  },
}]
