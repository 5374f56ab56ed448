import t from 'tap'
import { header, ingestionApi, mebibyte } from '../../../harness/ingestion-api.ts'
import { head, rawRequest } from '../../../harness/raw-http.ts'

const body = `${header}CNGGZ,EETLL,2021-01-05,100\n`
const expect = { expect: '100-continue', 'content-length': body.length }

t.test('a request that is refused by its header', async t => {
  const api = await ingestionApi(t)
  const refused: Array<[name: string, headers: Parameters<typeof head>[0], path: string, status: number]> = [
    ['no key', { authorization: null }, '/batches', 401],
    ['a wrong key', { authorization: 'Bearer wrong' }, '/batches', 401],
    ['a key without the scope', { authorization: 'Bearer reader-key' }, '/batches', 403],
    ['a wrong type', { 'content-type': 'text/html' }, '/batches', 415],
    ['a wrong encoding', { 'content-encoding': 'br' }, '/batches', 415],
    ['a wrong encoding of JSON', { 'content-type': 'application/json', 'content-encoding': 'br' }, '/batches', 415],
    ['too long for JSON', { 'content-type': 'application/json', 'content-length': 8 * mebibyte + 1 }, '/batches', 413],
    ['a wrong parameter', {}, '/batches?dry_run=True', 400],
    ['a wrong digest field', { 'content-digest': 'x' }, '/batches', 400],
    ['too long', { 'content-length': 8 * mebibyte + 1 }, '/batches', 413],
    ['an unknown address', {}, '/batch', 404],
    ['a wrong type of an upload', {}, '/uploads', 415],
    ['too long for an upload', { 'content-type': 'application/json', 'content-length': 70_000 }, '/uploads', 413],
  ]

  for (const [name, headers, path, status] of refused) {
    t.test(`${name}: the refusal instead of 100, and the connection is closed`, async t => {
      for (const expected of ['100-continue', null]) {
        const chunked: Record<string, string | null> = { 'transfer-encoding': headers['content-length'] ? null : 'chunked' }
        for (const length of [{ 'content-length': 1_000 } as Record<string, number>, chunked]) {
          const request = rawRequest(t, api.url)
          await request.send(head({ expect: expected, ...length, ...headers }, path))
          const response = await request.nextResponse()
          t.match(response, { status, headers: { connection: 'close', 'content-type': 'application/problem+json' } }, JSON.stringify({ expected, ...length }))
          await request.closed
        }
      }
    })
  }

  t.test('100 Continue is sent once for a body that is accepted', async t => {
    const request = rawRequest(t, api.url)
    await request.send(head(expect))
    t.match(await request.nextResponse(), { status: 100 })
    await request.send(body)
    const response = await request.nextResponse()
    t.match(response, { status: 202, body: { state: 'queued' } })
    t.not(response.headers.connection, 'close')
    const upload = JSON.stringify({ bytes: 1, sha256: '0'.repeat(64), content_type: 'text/csv' })
    await request.send(head({ expect: '100-continue', 'content-length': upload.length, 'content-type': 'application/json' }, '/uploads'))
    t.match(await request.nextResponse(), { status: 100 }, 'on the same connection')
    await request.send(upload)
    t.match(await request.nextResponse(), { status: 201 })
    const command = JSON.stringify({ upload: '00000000-0000-4000-8000-000000000000' })
    await request.send(head({ expect: '100-continue', 'content-length': command.length, 'content-type': 'application/json' }))
    t.match(await request.nextResponse(), { status: 100 })
    await request.send(command)
    t.match(await request.nextResponse(), { status: 404, body: { type: '/problems/unknown-upload' } })
  })

  t.test('a short body that arrived with its header is read: the connection stays open', async t => {
    const request = rawRequest(t, api.url)
    for (const [headers, path, status] of [[{ authorization: null }, '/batches', 401], [{ 'content-type': 'text/html' }, '/batches', 415], [{}, '/batch', 404]] as const) {
      await request.send(head({ ...headers, 'content-length': body.length }, path) + body)
      const response = await request.nextResponse()
      t.equal(response.status, status)
      t.not(response.headers.connection, 'close')
    }
  })

  t.test('HTTP/1.1 without Host', async t => {
    for (const path of ['/batches', '/live', '/nothing']) {
      const request = rawRequest(t, api.url)
      await request.send(`GET ${path} HTTP/1.1\r\nauthorization: Bearer demo-key\r\n\r\n`)
      t.match(await request.nextResponse(), {
        status: 400, headers: { 'content-type': 'application/problem+json', connection: 'close' }, body: { type: '/problems/malformed-request' },
      }, path)
      await request.closed
    }
    const old = rawRequest(t, api.url)
    await old.send('GET /live HTTP/1.0\r\n\r\n')
    t.match(await old.nextResponse(), { status: 200 }, 'HTTP/1.0 does not need it')
  })
})
