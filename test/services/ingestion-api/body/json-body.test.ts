import t, { type Test } from 'tap'
import { header, ingestionApi, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import { chunk, rawRequest, type RawResponse } from '../../../harness/raw-http.ts'

type Headers = Record<string, string | number>
type Sent = { headers?: Headers, body?: string | Buffer }

/** Content types that clients and gateways set although the body is empty. */
const types = [
  undefined, '', 'application/json', 'application/json; charset=utf-8', 'application/octet-stream', 'application/x-www-form-urlencoded', 'text/plain',
  'text/csv', 'multipart/form-data; boundary=x', 'nonsense', 'a/b/c',
]
const empty: Record<string, Sent> = {
  'no length': {},
  'length 0': { headers: { 'content-length': 0 } },
  'length 000': { headers: { 'content-length': '000' } },
  'no chunk': { headers: { 'transfer-encoding': 'chunked' }, body: '0\r\n\r\n' },
  'no chunk, with Expect: 100-continue': { headers: { 'transfer-encoding': 'chunked', expect: '100-continue' }, body: '0\r\n\r\n' },
}
const lastChunk = Buffer.from('0\r\n\r\n')

t.test('requests without a body', async t => {
  const api = await ingestionApi(t)
  const { id } = (await api.submit(`${header}CNGGZ,EETLL,2021-01-05,1\n`)).body
  await api.settled()
  const bodyless = { 'POST /dead-letters/{id}/redrive': `POST /dead-letters/${id}/redrive`, 'DELETE /dead-letters/{id}': `DELETE /dead-letters/${id}` }
  // As operator, whose key names no provider: refused alike, whatever the type.
  const refused = { 'DELETE /batches/{id}': `DELETE /batches/${id}`, 'POST /batches/{id}/release': `POST /batches/${id}/release`, 'DELETE /profiles/{name}': 'DELETE /profiles/none' }

  t.test('every route that changes data needs a body or is tested here', async t => {
    const { body: document } = await api.call('/openapi.json', { as: null })
    const changing = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).filter(method => !['get', 'head'].includes(method)).map(method => `${method.toUpperCase()} ${path}`))
    t.same(changing.sort(), ['POST /batches', 'POST /uploads', 'PUT /profiles/{name}', ...Object.keys(bodyless), ...Object.keys(refused)].sort())
  })

  t.test('a Content-Type without content is ignored', async t => {
    for (const target of Object.values(bodyless)) {
      for (const [framing, sent] of Object.entries(empty)) {
        for (const type of types) {
          const response = await send(t, api, target, withType(sent, type))
          t.match(response, { status: 200, body: { id, state: 'queued', changed: false } }, `${target}, ${framing}, ${type}`)
        }
      }
    }
  })

  t.test('a Content-Type without content is ignored by actions on batches', async t => {
    for (const target of Object.values(refused)) {
      for (const [framing, sent] of Object.entries(empty)) {
        for (const type of types) t.equal((await send(t, api, target, withType(sent, type))).status, 403, `${target}, ${framing}, ${type}`)
      }
    }
  })

  t.test('a Content-Type without content is also ignored on unknown paths and methods', async t => {
    for (const [target, status] of [['DELETE /dead-letters', 405], ['POST /dead-letters', 405], [`PATCH /batches/${id}`, 405], ['POST /nothing', 404]] as const) {
      for (const framing of ['no length', 'length 0']) {
        for (const type of types) t.equal((await send(t, api, target, withType(empty[framing]!, type))).status, status, `${target}, ${framing}, ${type}`)
      }
    }
  })

  t.test('without a key the key is refused first', async t => {
    for (const target of Object.values(bodyless)) {
      for (const type of types) t.equal((await send(t, api, target, withType(empty['length 0']!, type), null)).status, 401, `${target}, ${type}`)
    }
  })

  t.test('a missing body is refused where a body is required', async t => {
    for (const [type, status] of [['application/json', 400], ['text/csv', 415], [undefined, 400]] as const) {
      t.equal((await send(t, api, 'POST /uploads', withType(empty['length 0']!, type), 'demo')).status, status, `${type}`)
    }
  })
})

t.test('requests with a body', async t => {
  const api = await ingestionApi(t)
  const ids: string[] = []
  for (let price = 1; price <= 3; price++) ids.push((await api.submit(`${header}CNGGZ,EETLL,2021-01-05,${price}\n`)).body.id)
  await api.settled()
  await api.db.migrator`update batches set state = 'dead_lettered', reason = 'x', dead_lettered_at = now()`

  t.test('DELETE ignores the body, whatever its type and encoding', async t => {
    const target = `DELETE /dead-letters/${ids[0]}`
    const first = await send(t, api, target, content('{"reason": "in the body"}', 'application/json'))
    t.match(first, { status: 200, body: { state: 'discarded', changed: true, actions: [{ action: 'discard', reason: null }] } })
    for (const type of types) {
      for (const sent of [content('{"reason"', type), chunked(['{"rea', 'son"'], type), content('{"reason"', type, { expect: '100-continue' })]) {
        t.match(await send(t, api, target, sent), { status: 200, body: { state: 'discarded', changed: false } }, `${type}`)
      }
    }
    t.match(await send(t, api, target, content('x'.repeat(70_000), 'text/csv')), { status: 413, body: { type: '/problems/content-too-large' } })
  })

  t.test('a redrive parses the body as JSON, or refuses its media type', async t => {
    const target = `POST /dead-letters/${ids[1]}/redrive`
    for (const type of [undefined, '', 'application/octet-stream', 'text/csv', 'nonsense']) {
      for (const sent of [content('{"reason": "x"}', type), chunked(['{"reason": ', '"x"}'], type)]) {
        t.match(await send(t, api, target, sent), { status: 415, headers: { 'accept-post': 'application/json' } }, `${type}`)
      }
    }
    t.match(await send(t, api, target, content('{', 'application/json')), { status: 400, body: { type: '/problems/malformed-request' } })
    t.match(await send(t, api, target, content('{"why": "x"}', 'application/json')), { status: 400, body: { type: '/problems/invalid-parameters' } })
    t.match(await send(t, api, target, content('null', 'application/json')), { status: 200, body: { changed: true } })
    await api.db.migrator`update batches set state = 'dead_lettered' where id = ${ids[1]!}`
    const split = chunked(['{"reason": ', '"fixed"}'], 'application/json')
    t.match(await send(t, api, target, split), { status: 200, body: { changed: true, actions: [{ reason: null }, { action: 'redrive', reason: 'fixed' }] } })
  })

  t.test('a chunk that does not arrive: 408', async t => {
    const slow = await ingestionApi(t, { limits: { idleMs: 200 } })
    const request = rawRequest(t, slow.url)
    await request.send(head(`POST /dead-letters/${ids[2]}/redrive`, { 'transfer-encoding': 'chunked' }, 'operator'))
    t.match(await request.nextResponse(), { status: 408, headers: { connection: 'close' } })
  })
})

const withType = ({ headers, body }: Sent, type: string | undefined): Sent =>
  ({ headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) }, ...(body === undefined ? {} : { body }) })
const content = (body: string, type: string | undefined, more: Headers = {}): Sent => withType({ headers: { 'content-length': body.length, ...more }, body }, type)
const chunked = (parts: string[], type: string | undefined): Sent =>
  withType({ headers: { 'transfer-encoding': 'chunked' }, body: Buffer.concat([...parts.map(chunk), lastChunk]) }, type)

function head (target: string, headers: Headers, as: string | null): string {
  const all = { host: 'test', ...(as === null ? {} : { authorization: `Bearer ${as}-key` }), ...headers }
  return `${target} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** Sends the request on a new connection and returns the response. An open connection must then serve the next request too. */
async function send (t: Test, { url }: TestIngestionApi, target: string, { headers = {}, body = '' }: Sent, as: string | null = 'operator'): Promise<RawResponse> {
  const request = rawRequest(t, url)
  await request.send(head(target, headers, as))
  if (headers.expect === undefined) await request.send(body)
  let response = await request.nextResponse()
  if (response.status === 100) {
    await request.send(body)
    response = await request.nextResponse()
  }
  if (response.headers.connection !== 'close') {
    await request.send(head('GET /live', {}, null))
    t.equal((await request.nextResponse()).status, 200, 'the next request on the connection')
  }
  request.destroy()
  return response
}
