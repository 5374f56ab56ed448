import t from 'tap'
import { gzipSync } from 'node:zlib'
import { setImmediate as nextTick } from 'node:timers/promises'
import { header, ingestionApi, mebibyte, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import { chunk, head, rawRequest } from '../../../harness/raw-http.ts'
import { waitFor } from '../../../harness/wait.ts'

const content = `${header}CNGGZ,EETLL,2021-01-05,100.25\n`
const chunked = { 'transfer-encoding': 'chunked' }
const block = Buffer.alloc(mebibyte, 'x')

t.test('faults that clients cause on a connection', async t => {
  const api = await ingestionApi(t, { limits: { idleMs: 400, totalMs: 1_500 } })
  t.test('a body that is announced as too long is refused before any of its bytes', async t => {
    const request = rawRequest(t, api.url)
    await request.send(head({ 'content-length': 8 * mebibyte + 1 }))
    t.match(await request.nextResponse(), { status: 413, body: { type: '/problems/content-too-large' } })
  })

  t.test('a client without a key is refused before any byte of the body', async t => {
    for (const [authorization, status] of [[null, 401], ['Bearer wrong', 401], ['Bearer reader-key', 403]] as const) {
      const before = api.proxy.calls.length
      const request = rawRequest(t, api.url)
      await request.send(head({ ...chunked, authorization }))
      t.match(await request.nextResponse(), { status })
      t.equal(api.proxy.calls.length, before)
    }
  })

  t.test('a client that sends the complete body before it reads can read the refusal, and the connection is closed', async t => {
    const request = rawRequest(t, api.url)
    await request.send(head({ 'content-length': 24 * mebibyte }))
    for (let sent = 0; sent < 24; sent++) await request.send(block)
    t.match(await request.nextResponse(), { status: 413, headers: { connection: 'close' } })
    await request.closed
  })

  t.test('a client that is refused in the middle of its body can read the refusal, and the connection is closed', async t => {
    const request = rawRequest(t, api.url)
    await request.send(head({ ...chunked, 'content-type': 'application/x-ndjson' }))
    await request.send(chunk(Buffer.from([0xff, 0xff])))
    for (let sent = 0; sent < 24; sent++) await request.send(chunk(block))
    await request.send(chunk(''))
    t.match(await request.nextResponse(), { status: 400, headers: { connection: 'close' }, body: { type: '/problems/malformed-body' } })
    await request.closed
  })

  t.test('gzip followed by other bytes, in a separate chunk', async t => {
    const request = rawRequest(t, api.url)
    await request.send(head({ ...chunked, 'content-encoding': 'gzip' }))
    await request.send(chunk(gzipSync(content)))
    await nextTick()
    await request.send(chunk(content))
    await request.send(chunk(''))
    t.match(await request.nextResponse(), { status: 400, body: { type: '/problems/malformed-body' } })
  })

  t.test('bodies that do not end', { jobs: 4 }, async t => { // concurrent, because each waits for a time limit
    t.test('an endless body is refused at the limit and its connection is reset', async t => {
      const { url } = await ingestionApi(t) // with enough time to reach the limit
      const request = rawRequest(t, url)
      await request.send(head(chunked))
      const sending = request.flood(chunk(block))
      t.match(await request.nextResponse(), { status: 413, body: { type: '/problems/content-too-large' } })
      await request.closed
      await sending
    })

    t.test('a body that stalls gets 408, at its start and in its middle', async t => {
      await Promise.all([0, 100, 7 * mebibyte].map(async bytes => {
        const request = rawRequest(t, api.url)
        await request.send(head({ 'content-length': 8 * mebibyte }))
        await request.send(Buffer.alloc(bytes, 'x'))
        t.match(await request.nextResponse(), { status: 408, body: { type: '/problems/request-timeout' } })
        await request.closed
      }))
    })

    t.test('a client that was too slow can send the rest, and the connection is closed', async t => {
      const request = rawRequest(t, api.url)
      await request.send(head({ 'content-length': 8 * mebibyte }))
      await request.send('x')
      t.match(await request.nextResponse(), { status: 408, headers: { connection: 'close' } })
      await request.send(Buffer.alloc(8 * mebibyte - 1, 'x'))
      await request.closed
    })

    t.test('a body that drips gets 408 after its time limit', async t => {
      const request = rawRequest(t, api.url)
      await request.send(head({ 'content-length': 1_000 }))
      const drip = setInterval(() => request.send('x'), 50)
      t.match(await request.nextResponse(), { status: 408, body: { type: '/problems/request-timeout' } })
      clearInterval(drip)
    })
  })

  t.test('a client that disconnects', async t => {
    for (const bytes of [0, 100, 7 * mebibyte]) {
      const request = rawRequest(t, api.url)
      await request.send(head({ 'content-length': 8 * mebibyte }))
      await request.send(Buffer.alloc(bytes, 'x'))
      request.destroy()
    }
    await noConnections(api)
  })

  t.test('malformed chunks', async t => {
    const request = rawRequest(t, api.url)
    await request.send(head(chunked))
    await request.send(chunk(content))
    await request.send('nonsense\r\n')
    t.match(await request.nextResponse(), { status: 400, body: { type: '/problems/malformed-request' } })
    await request.closed
  })

  t.test('bytes after the announced length are not part of the body', async t => {
    const request = rawRequest(t, api.url)
    await request.send(Buffer.concat([Buffer.from(head({ 'content-length': 4 })), Buffer.alloc(4, 0xff), Buffer.from('nonsense\r\n')]))
    t.match(await request.nextResponse(), { status: 400 })
    await request.closed
  })

  t.test('an unsupported media type, and a key given twice', async t => {
    const request = rawRequest(t, api.url)
    await request.send(head({ 'content-length': 1, 'content-type': 'text/html' }) + 'x')
    t.match(await request.nextResponse(), { status: 415, body: { type: '/problems/unsupported-media-type' } })
    await request.send(head({ 'content-length': 1, 'idempotency-key': 'a\r\nidempotency-key: b' }) + 'x')
    t.match(await request.nextResponse(), { status: 400, body: { type: '/problems/invalid-parameters' } })
  })

  t.test('no object of these requests remains', async t => {
    // The abort of an upload is still in flight when its client has disconnected.
    await waitFor(async () => await api.unfinishedUploads() === 0)
    t.strictSame(await api.objects(''), [])
  })
})

async function noConnections (api: TestIngestionApi): Promise<void> {
  while (await api.connections() > 0) await nextTick()
}
