import assert from 'node:assert/strict'
import { skipped, type Check } from './check.ts'
import { csv, header, send } from './batches.ts'
import { callIngestionApi } from './target.ts'

/** The rights of each key. */
export const access: Check[] = [
  {
    name: 'access: without a key, with a wrong key, without the scope',
    async run ({ target }) {
      const body = { method: 'POST', body: header, headers: { 'content-type': 'text/csv' } }
      for (const key of [undefined, 'wrong']) {
        for (const [path, request] of [['/batches', body], ['/batches', {}], ['/dead-letters', {}]] as const) {
          const { status, headers, json } = await callIngestionApi(target, path, { ...request, key })
          assert.deepEqual([status, json.type], [401, '/problems/unauthenticated'])
          assert.match(headers.get('www-authenticate')!, /^Bearer/)
        }
      }
      const { status, json } = await callIngestionApi(target, '/dead-letters')
      assert.deepEqual([status, json.type], [403, '/problems/forbidden'])
    },
  },
  {
    name: 'access: another provider cannot read a batch, and the same content is a separate batch',
    async run ({ target, fixture }) {
      if (!target.otherKey) return skipped('no --other-key')
      const lane = await fixture.lane()
      const body = csv([{ ...lane, day: fixture.days[0]!, cents: 100 }])
      const mine = await send(target, body, { dryRun: true })
      for (const path of ['', '/errors']) {
        const { status, json } = await callIngestionApi(target, `/batches/${mine.id}${path}`, { key: target.otherKey })
        assert.deepEqual([status, json.type], [404, '/problems/unknown-batch'])
      }
      const theirs = await send({ ...target, key: target.otherKey }, body, { dryRun: true })
      assert.equal(theirs.state, 'validated')
      assert.notEqual(theirs.id, mine.id)
    },
  },
  {
    name: 'access: an operator lists dead letters, and another batch cannot be redriven',
    async run ({ target, fixture }) {
      if (!target.adminKey) return skipped('no --admin-key')
      const { status, json, text } = await callIngestionApi(target, '/dead-letters?limit=5', { key: target.adminKey })
      assert.equal(status, 200, text)
      assert.ok(Array.isArray(json.dead_letters))
      const batch = await send(target, csv([{ ...await fixture.lane(), day: fixture.days[0]!, cents: 100 }]), { dryRun: true })
      const redriven = await callIngestionApi(target, `/dead-letters/${batch.id}/redrive`, { method: 'POST', key: target.adminKey })
      assert.deepEqual([redriven.status, redriven.json.changed, redriven.json.state], [200, false, 'validated'])
    },
  },
]
