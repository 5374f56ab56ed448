import assert from 'node:assert/strict'
import type { Check } from './check.ts'
import { callApi } from './target.ts'

/** Both APIs publish their documents. */
export const documents: Check[] = [{
  name: 'documents: /openapi.json names every address, /docs loads no file from another host',
  async run ({ target }) {
    const paths = {
      [target.rates]: ['/rates', '/locations'],
      [target.ingestion]: ['/batches', '/batches/{id}', '/batches/{id}/errors', '/uploads', '/dead-letters', '/dead-letters/{id}/redrive'],
    }
    for (const [address, expected] of Object.entries(paths)) {
      const { status, json } = await callApi(`${address}/openapi.json`)
      assert.equal(status, 200)
      assert.match(json.openapi, /^3\./)
      for (const path of expected) assert.ok(json.paths[path], `${address}/openapi.json lacks ${path}`)
      const page = await callApi(`${address}/docs`)
      assert.equal(page.status, 200)
      assert.match(page.headers.get('content-type')!, /^text\/html/)
      assert.doesNotMatch(page.text, /(src|href)="https?:/)
    }
  },
}]
