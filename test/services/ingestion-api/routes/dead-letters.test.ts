import t from 'tap'
import { header, ingestionApi } from '../../../harness/ingestion-api.ts'
import { removeObject } from '../../../harness/payloads.ts'

t.test('dead letters, for operators', async t => {
  const api = await ingestionApi(t)
  const ids: string[] = []
  for (let i = 1; i <= 3; i++) ids.push((await api.submit(`${header}CNGGZ,EETLL,2021-01-05,${i}\n`)).body.id)
  await api.settled()
  for (const [index, id] of ids.entries()) {
    await api.db.migrator`
      update batches set state = 'dead_lettered', reason = 'DIGEST_MISMATCH: x', dead_lettered_at = now() + make_interval(secs => ${index})
      where id = ${id}`
  }
  const asOperator = (path: string, method = 'GET', body?: object) =>
    api.call(path, { as: 'operator', method, ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}) })

  t.test('providers have no access', async t => {
    t.equal((await api.call('/dead-letters')).status, 403)
    t.equal((await api.call(`/dead-letters/${ids[0]}/redrive`, { method: 'POST' })).status, 403)
    t.equal((await api.call(`/dead-letters/${ids[0]}`, { method: 'DELETE', as: null })).status, 401)
  })

  t.test('list, newest first, in pages, by provider', async t => {
    const first = await asOperator('/dead-letters?limit=2')
    t.match(first.body, { dead_letters: [{ id: ids[2], provider: 'demo', reason: 'DIGEST_MISMATCH: x' }, { id: ids[1] }], next_cursor: ids[1] })
    t.match((await asOperator(`/dead-letters?limit=2&cursor=${first.body.next_cursor}`)).body, { dead_letters: [{ id: ids[0] }], next_cursor: null })
    t.match((await asOperator('/dead-letters?provider=other')).body, { dead_letters: [] })
    t.match(await asOperator('/dead-letters?limit=0&state=x'), { status: 400, body: { errors: [{ parameter: 'state', code: 'unknown' }, { parameter: 'limit' }] } })
  })

  t.test('redrive: once, with an audit, as a new message', async t => {
    const before = await api.messages()
    const path = `/dead-letters/${ids[0]}/redrive`
    t.match(await asOperator(path, 'POST', { reason: 'fixed' }), { status: 200, body: { id: ids[0], state: 'queued', changed: true } })
    const again = await asOperator(path, 'POST')
    t.match(again.body, { state: 'queued', changed: false, actions: [{ action: 'redrive', actor: 'operator', reason: 'fixed' }] })
    t.equal(again.body.actions.length, 1)
    const added = (await api.messages()).slice(before.length)
    t.match(added, [{ id: ids[0], group: 'demo' }])
    t.not(added[0]!.deduplicationId, ids[0])
    t.equal((await api.call(`/batches/${ids[0]}`)).body.state, 'queued')
  })

  t.test('the queue is unavailable: the batch is queued nevertheless, and the response says so', async t => {
    const restore = api.proxy.cut(call => call.method === 'SendMessage')
    t.match(await asOperator(`/dead-letters/${ids[1]}/redrive`, 'POST'), { status: 503, body: { type: '/problems/queue-unavailable' } })
    restore()
    t.match(await asOperator(`/dead-letters/${ids[1]}/redrive`, 'POST'), { status: 200, body: { state: 'queued', changed: false } })
  })

  t.test('the store is unavailable: a discard changes no data, and the response says so', async t => {
    const restore = api.proxy.cut(({ key }) => key.startsWith('decisions/'))
    t.match(await asOperator(`/dead-letters/${ids[2]}`, 'DELETE'), { status: 503, body: { type: '/problems/store-unavailable' } })
    t.match((await asOperator('/dead-letters')).body, { dead_letters: [{ id: ids[2], payload_expires_at: null }] })
    restore()
  })

  t.test('an unreadable decision: a discard names the object, and succeeds after the object is deleted', async t => {
    const key = `decisions/${ids[2]}.json`
    await api.putObject(key, 'no decision')
    t.match(await asOperator(`/dead-letters/${ids[2]}`, 'DELETE'), { status: 503, body: { type: '/problems/store-unavailable', detail: key } })
    t.match((await asOperator('/dead-letters')).body, { dead_letters: [{ id: ids[2] }] })
    await removeObject(api.aws, key)
  })

  t.test('the payload is missing: a redrive is refused', async t => {
    const { payload } = await api.manifest(ids[2]!)
    const content = await api.payload(await api.manifest(ids[2]!))
    await removeObject(api.aws, payload.key)
    t.match(await asOperator(`/dead-letters/${ids[2]}/redrive`, 'POST'), { status: 409, body: { type: '/problems/payload-gone', id: ids[2] } })
    t.match((await asOperator('/dead-letters')).body, { dead_letters: [{ id: ids[2] }] })
    await api.putObject(payload.key, content.toString())
  })

  t.test('discard', async t => {
    t.match(await asOperator(`/dead-letters/${ids[2]}?reason=obsolete`, 'DELETE'), { status: 200, body: { state: 'discarded', changed: true } })
    t.match(await asOperator(`/dead-letters/${ids[2]}`, 'DELETE'), { status: 200, body: { state: 'discarded', changed: false } })
    t.match(await asOperator(`/dead-letters/${ids[2]}/redrive`, 'POST'), { body: { state: 'discarded', changed: false } })
    t.match((await asOperator('/dead-letters')).body, { dead_letters: [] })
    t.equal((await api.call(`/batches/${ids[2]}`)).body.state, 'discarded')
  })

  t.test('unknown and malformed ids', async t => {
    t.match(await asOperator(`/dead-letters/${'f'.repeat(64)}`, 'DELETE'), { status: 404, body: { type: '/problems/unknown-batch' } })
    t.equal((await asOperator('/dead-letters/nonsense', 'DELETE')).status, 400)
    t.equal((await asOperator(`/dead-letters/${ids[0]}/redrive`, 'POST', { why: 'x' })).status, 400)
  })
})
