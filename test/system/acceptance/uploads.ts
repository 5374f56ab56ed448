import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Check } from './check.ts'
import { csv, ended, post, type Price } from './batches.ts'
import { expectPrices } from './fixture.ts'
import { ask, askIngestion, type Answer, type Target } from './target.ts'

function announce (target: Target, file: Uint8Array): Promise<Answer> {
  const body = JSON.stringify({ bytes: file.length, sha256: createHash('sha256').update(file).digest('hex'), content_type: 'text/csv', content_encoding: 'gzip' })
  return askIngestion(target, '/uploads', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}

function put (file: Uint8Array, { url, headers }: { url: string, headers: Record<string, string> }): Promise<Answer> {
  const { 'content-length': _length, ...rest } = headers // it follows from the body
  return ask(url, { method: 'PUT', body: file, headers: rest })
}

const name = (target: Target, upload: string): Promise<Answer> => post(target, JSON.stringify({ upload }), { type: 'application/json' })

/** Files that go to the store by a signed address. */
export const uploads: Check[] = [{
  name: 'uploads: announced, put, named, applied; named again it is the same batch; the address takes no second file',
  async run ({ target, ground }) {
    const lane = await ground.lane()
    const prices: Price[] = Array.from({ length: 5_000 }, (_, index) => ({ ...lane, day: ground.days[index % 28]!, cents: 1_000 + index }))
    const file = gzipSync(csv(prices))
    const announced = await announce(target, file)
    assert.deepEqual([announced.status, announced.json?.method], [201, 'PUT'], announced.text)
    const { upload } = announced.json
    const early = await name(target, upload)
    assert.deepEqual([early.status, early.json.type], [409, '/problems/upload-incomplete'])

    const stored = await put(file, announced.json)
    assert.equal(stored.status, 200, stored.text)
    const accepted = await name(target, upload)
    assert.equal(accepted.status, 202, accepted.text)
    const batch = await ended(target, accepted.json.id)
    assert.deepEqual([batch.state, batch.rows], ['applied', 5_000])
    await expectPrices(target, lane, ground.days, prices)

    const again = await name(target, upload)
    assert.deepEqual([again.status, again.json.id, again.json.state], [202, batch.id, 'applied'])
    assert.equal((await put(file, announced.json)).status, 412)
    const unknown = await name(target, '00000000-0000-4000-8000-000000000000')
    assert.deepEqual([unknown.status, unknown.json.type], [404, '/problems/unknown-upload'])
    await expectPrices(target, lane, ground.days, prices)
  },
}]
