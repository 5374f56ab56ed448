import assert from 'node:assert/strict'
import type { Check } from './check.ts'
import { header, post } from './batches.ts'
import { callApi, callIngestionApi } from './target.ts'

/** A request that is no batch is refused at once, with a problem type that a program can read. */
export const refusals: Check[] = [{
  name: 'refusals: no body, another type, another encoding, an unknown parameter, a malformed key, an unknown batch, address and method',
  async run ({ target }) {
    const refused = async (response: ReturnType<typeof callApi>, status: number, type: string): Promise<void> => {
      const { status: actualStatus, headers, json, text } = await response
      assert.deepEqual([actualStatus, json?.type], [status, `/problems/${type}`], text)
      assert.match(headers.get('content-type')!, /^application\/problem\+json/)
    }
    const csv = { 'content-type': 'text/csv' }
    await refused(post(target, ''), 400, 'malformed-body')
    await refused(post(target, '<prices/>', { type: 'application/xml' }), 415, 'unsupported-media-type')
    await refused(callIngestionApi(target, '/batches', { method: 'POST', body: header, headers: { ...csv, 'content-encoding': 'br' } }), 415, 'unsupported-media-type')
    await refused(callIngestionApi(target, '/batches?surprise=1', { method: 'POST', body: header, headers: csv }), 400, 'invalid-parameters')
    await refused(post(target, header, { key: 'a'.repeat(300) }), 400, 'invalid-parameters')
    await refused(callIngestionApi(target, `/batches/${'0'.repeat(64)}`), 404, 'unknown-batch')
    await refused(callIngestionApi(target, '/nothing'), 404, 'not-found')
    await refused(callApi(`${target.rates}/nothing`), 404, 'not-found')
    await refused(callApi(`${target.rates}/rates`, { method: 'DELETE' }), 405, 'method-not-allowed')
  },
}]
