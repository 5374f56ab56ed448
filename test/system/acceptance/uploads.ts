import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Check } from './check.ts'
import { csv, untilFinal, post, type Price } from './batches.ts'
import { expectPrices } from './fixture.ts'
import { callApi, callIngestionApi, type ApiResponse, type Target } from './target.ts'

function createUpload (target: Target, file: Uint8Array): Promise<ApiResponse> {
  const body = JSON.stringify({ bytes: file.length, sha256: createHash('sha256').update(file).digest('hex'), content_type: 'text/csv', content_encoding: 'gzip' })
  return callIngestionApi(target, '/uploads', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}

function put (file: Uint8Array, { url, headers }: { url: string, headers: Record<string, string> }): Promise<ApiResponse> {
  const { 'content-length': _length, ...rest } = headers // follows from the body
  return callApi(url, { method: 'PUT', body: file, headers: rest })
}

const name = (target: Target, upload: string): Promise<ApiResponse> => post(target, JSON.stringify({ upload }), { type: 'application/json' })

/** Files that are uploaded to the store by a presigned URL. */
export const uploads: Check[] = [{
  name: 'uploads: announced, put, named, applied; named again it is the same batch; the presigned URL accepts no second file',
  async run ({ target, fixture }) {
    const lane = await fixture.lane()
    const prices: Price[] = Array.from({ length: 5_000 }, (_, index) => ({ ...lane, day: fixture.days[index % 28]!, cents: 1_000 + index }))
    const file = gzipSync(csv(prices))
    const created = await createUpload(target, file)
    assert.deepEqual([created.status, created.json?.method], [201, 'PUT'], created.text)
    const { upload } = created.json
    const early = await name(target, upload)
    assert.deepEqual([early.status, early.json.type], [409, '/problems/upload-incomplete'])

    const stored = await put(file, created.json)
    assert.equal(stored.status, 200, stored.text)
    const accepted = await name(target, upload)
    assert.equal(accepted.status, 202, accepted.text)
    const batch = await untilFinal(target, accepted.json.id)
    assert.deepEqual([batch.state, batch.rows], ['applied', 5_000])
    await expectPrices(target, lane, fixture.days, prices)

    const again = await name(target, upload)
    assert.deepEqual([again.status, again.json.id, again.json.state], [202, batch.id, 'applied'])
    assert.equal((await put(file, created.json)).status, 412)
    const unknown = await name(target, '00000000-0000-4000-8000-000000000000')
    assert.deepEqual([unknown.status, unknown.json.type], [404, '/problems/unknown-upload'])
    await expectPrices(target, lane, fixture.days, prices)
  },
}]
