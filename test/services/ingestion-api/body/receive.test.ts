import t from 'tap'
import { gzipSync } from 'node:zlib'
import { header, ingestionApi, mebibyte, sha256 } from '../../../harness/ingestion-api.ts'

const content = `${header}CNGGZ,EETLL,2021-01-05,100.25\n`
const random = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 256))

t.test('refused bodies leave no object behind, and the next one is served', async t => {
  const api = await ingestionApi(t)
  const gzip = { 'content-encoding': 'gzip' }
  const json = { 'content-type': 'application/x-ndjson' }
  const cases: Array<{ name: string, body: string | Buffer, headers?: Record<string, string>, status: number, code: string }> = [
    { name: 'empty', body: '', status: 400, code: 'malformed-body' },
    { name: 'not UTF-8', body: random, headers: json, status: 400, code: 'malformed-body' },
    { name: 'UTF-16', body: Buffer.from('\ufeff{}', 'utf16le'), headers: json, status: 400, code: 'malformed-body' },
    { name: 'Latin-1', body: Buffer.from('{"a":"Göteborg"}', 'latin1'), headers: json, status: 400, code: 'malformed-body' },
    { name: 'ends within a character', body: Buffer.from('Göteborg 🚢').subarray(0, -1), headers: json, status: 400, code: 'malformed-body' },
    { name: 'not UTF-8 after 7 MiB', body: Buffer.concat([Buffer.alloc(7 * mebibyte, 'x'), random]), headers: json, status: 400, code: 'malformed-body' },
    { name: 'gzip cut off', body: gzipSync(content).subarray(0, -9), headers: gzip, status: 400, code: 'malformed-body' },
    { name: 'gzip with a wrong checksum', body: Buffer.concat([gzipSync(content).subarray(0, -8), Buffer.alloc(8, 1)]), headers: gzip, status: 400, code: 'malformed-body' },
    { name: 'gzip followed by other bytes', body: Buffer.concat([gzipSync(content), Buffer.from(content)]), headers: gzip, status: 400, code: 'malformed-body' },
    { name: 'gzip of no bytes', body: gzipSync(''), headers: gzip, status: 400, code: 'malformed-body' },
    { name: 'not gzip', body: content, headers: gzip, status: 400, code: 'malformed-body' },
    { name: 'gzip in gzip', body: gzipSync(gzipSync(content)), headers: gzip, status: 400, code: 'malformed-body' },
    { name: 'gzip bomb', body: gzipSync(Buffer.alloc(64 * mebibyte)), headers: gzip, status: 413, code: 'content-too-large' },
    { name: 'two encodings', body: gzipSync(gzipSync(content)), headers: { 'content-encoding': 'gzip, gzip' }, status: 415, code: 'unsupported-media-type' },
    ...['br', 'zstd', 'deflate', 'compress', 'gzip;q=1', 'none'].map(encoding => ({
      name: `encoding ${encoding}`, body: content, headers: { 'content-encoding': encoding }, status: 415, code: 'unsupported-media-type',
    })),
    ...['text/plain', 'text/csvx', 'application/x-www-form-urlencoded', 'multipart/mixed; boundary=x', 'csv', 'text/csv,text/csv'].map(type => ({
      name: `media type "${type}"`, body: content, headers: { 'content-type': type }, status: 415, code: 'unsupported-media-type',
    })),
    { name: 'longer than the limit', body: Buffer.alloc(8 * mebibyte + 1, 'x'), status: 413, code: 'content-too-large' },
    { name: 'an unknown parameter', body: content, status: 400, code: 'invalid-parameters' },
  ]

  for (const { name, body, headers, status, code } of cases) {
    t.test(name, async t => {
      const response = await api.submit(body, { path: name === 'an unknown parameter' ? '/batches?dryrun=true' : '/batches', headers })
      t.equal(response.status, status, response.body.detail)
      t.equal(response.body.type, `/problems/${code}`)
      t.equal(response.headers.get('content-type'), 'application/problem+json')
      if (headers?.['content-encoding'] && status === 415) t.equal(response.headers.get('accept-encoding'), 'gzip, identity')
    })
  }

  t.test('longer than the limit, in chunks without a Content-Length', async t => {
    const response = await api.submit(new Blob([Buffer.alloc(8 * mebibyte + 1, 'x')]).stream())
    t.match(response, { status: 413, body: { type: '/problems/content-too-large' } })
  })

  t.test('no object of the refused bodies remains in the store', async t => {
    t.strictSame(await api.objects(''), [])
    t.equal(await api.unfinishedUploads(), 0)
    t.strictSame(await api.messages(), [])
  })

  t.test('a body of exactly the limit is accepted', async t => {
    const body = Buffer.alloc(8 * mebibyte, 'x')
    const response = await api.submit(body)
    t.equal(response.status, 202)
    t.equal(response.body.digest, sha256(body))
    const decoded = Buffer.alloc(16 * mebibyte, 'x')
    const zipped = await api.submit(gzipSync(decoded, { level: 1 }), { headers: gzip })
    t.equal(zipped.status, 202)
    t.equal(zipped.body.digest, sha256(decoded))
    t.equal(zipped.body.decoded_bytes, 16 * mebibyte)
  })

  t.test('gzip in several members is one body', async t => {
    const response = await api.submit(Buffer.concat([gzipSync(header), gzipSync('CNGGZ,EETLL,2021-01-05,100.25\n')]), { headers: gzip })
    t.equal(response.status, 202)
    t.equal(response.body.digest, sha256(content))
  })
})
