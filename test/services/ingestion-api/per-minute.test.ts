import t from 'tap'
import { header, ingestionApi, mebibyte } from '../../harness/ingestion-api.ts'
import { head, rawRequest } from '../../harness/raw-http.ts'
import { waitFor } from '../../harness/wait.ts'

const content = `${header}CNGGZ,EETLL,2021-01-05,1\n`

t.test('batches per minute, for each provider', async t => {
  const api = await ingestionApi(t, { limits: { batchesPerMinute: 3 } })
  for (const number of [1, 2, 3]) t.match(await api.submit(content), { status: 202 }, String(number))
  const stored = (): number => api.proxy.calls.filter(({ method }) => method === 'PUT').length
  const before = stored()
  const refused = await api.submit(content)
  t.match(refused, { status: 429, body: { type: '/problems/too-many-requests' } })
  const seconds = Number(refused.headers.get('retry-after'))
  t.ok(seconds >= 1 && seconds <= 60, 'Retry-After says when to try again')
  t.equal(stored(), before, 'nothing was stored')
  t.match(await api.submit(content, { as: 'demo-new' }), { status: 429 }, 'a second key has no limit of its own')
  t.match(await api.submit(content, { as: 'other' }), { status: 202 })
  t.match(await api.submit(content, { as: 'reader' }), { status: 403 })
  t.match(await api.call('/batches'), { status: 200 }, 'reads are not counted')
})

t.test('reads per minute, for each provider, over all routes', async t => {
  const api = await ingestionApi(t, { limits: { readsPerMinute: 4 } })
  const { id } = (await api.submit(content)).body
  for (const path of ['/batches', `/batches/${id}`, '/batches?limit=1', `/batches/${id}/errors`]) t.not((await api.call(path)).status, 429, path)
  for (const path of ['/batches', `/batches/${id}`, `/batches/${id}/errors`]) {
    const refused = await api.call(path)
    t.match(refused, { status: 429, body: { type: '/problems/too-many-requests' } }, path)
    const seconds = Number(refused.headers.get('retry-after'))
    t.ok(seconds >= 1 && seconds <= 60, 'Retry-After says when to try again')
  }
  t.match(await api.call('/batches', { as: 'demo-new' }), { status: 429 }, 'a second key has no limit of its own')
  t.match(await api.call('/batches', { as: 'other' }), { status: 200 })
  t.match(await api.call('/batches', { as: 'sender' }), { status: 403 })
  t.match(await api.submit(content), { status: 202 }, 'submissions are not counted')
  t.match(await api.call('/live', { as: null }), { status: 200 })
  for (let reads = 0; reads < 4; reads++) t.match(await api.call('/dead-letters', { as: 'operator' }), { status: 200 })
  t.match(await api.call('/dead-letters', { as: 'operator' }), { status: 429 })
})

t.test('concurrent bodies', async t => {
  const api = await ingestionApi(t, { limits: { bodiesAtOnce: 3, bodiesAtOncePerProvider: 2 } })
  /** Sends a request. Resolves when its payload is in flight to the store, and holds it there until `release` is called. */
  async function begin<T> (send: () => T): Promise<{ sent: T, release: () => void }> {
    const heldCall = api.proxy.hold(({ method, key }) => method === 'PUT' && key.startsWith('incoming/'), 'call')
    const sent = send()
    await heldCall.reached
    return { sent, release: heldCall.release }
  }

  const first = await begin(() => api.submit(content))
  const second = await begin(() => {
    const request = rawRequest(t, api.url)
    request.send(head({ 'content-length': 8 * mebibyte })).then(() => request.send(Buffer.alloc(6 * mebibyte, 'x')))
    return request
  })
  const refused = await api.submit(content)
  t.match(refused, { status: 429, body: { type: '/problems/too-many-requests' } })
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.match(await api.submit(content, { as: 'other' }), { status: 202 })

  const third = await begin(() => api.submit(content, { as: 'sender' }))
  const overloaded = await api.submit(content, { as: 'other' })
  t.match(overloaded, { status: 503, body: { type: '/problems/overloaded' } })
  t.match(overloaded.headers.get('retry-after'), /^\d+$/)

  third.release()
  t.match(await third.sent, { status: 202 })
  t.match(await api.submit(content, { as: 'other' }), { status: 202 }, 'a slot is free once its request is finished')
  second.sent.destroy()
  second.release()
  await waitFor(async () => (await api.submit(content)).status === 202) // the slot of a disconnected client is free too
  first.release()
  t.match(await first.sent, { status: 202 })
})
