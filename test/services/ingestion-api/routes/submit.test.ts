import t from 'tap'
import { gzipSync } from 'node:zlib'
import { header, ingestionApi, sha256 } from '../../../harness/ingestion-api.ts'

const row = { orig_code: 'CNGGZ', dest_code: 'EETLL', day: '2021-01-05', price: 100.25 }
const bodies = {
  csv: { type: 'text/csv', content: `${header}CNGGZ,EETLL,2021-01-05,100.25\n` },
  ndjson: { type: 'application/x-ndjson', content: `${JSON.stringify(row)}\n` },
  json: { type: 'application/json', content: JSON.stringify([row]) },
}

t.test('the result of a submitted batch', async t => {
  const api = await ingestionApi(t)

  for (const [format, { type, content }] of Object.entries(bodies)) {
    for (const encoding of ['identity', 'gzip']) {
      t.test(`${format}, ${encoding}`, async t => {
        const body = encoding === 'gzip' ? gzipSync(`${content}\n`) : Buffer.from(content)
        const decoded = encoding === 'gzip' ? `${content}\n` : content
        const response = await api.submit(body, { headers: { 'content-type': type, 'content-encoding': encoding } })
        t.equal(response.status, 202)
        const { id } = response.body
        t.match(id, /^[0-9a-f]{64}$/)
        t.equal(response.headers.get('location'), `/batches/${id}`)
        t.match(response.body, {
          state: 'queued', provider: 'demo', mode: 'apply', format, digest: sha256(decoded), bytes: body.length, decoded_bytes: decoded.length,
          started_at: null, finished_at: null, attempts: 0, rows: null, error_count: null, first_errors: [], reason: null,
        })

        const manifest = await api.manifest(id)
        t.match(manifest, {
          version: 1, id, provider: 'demo', mode: 'apply', name: { kind: 'content', value: sha256(decoded) }, format, encoding,
          digest: sha256(decoded), bytes: body.length, decodedBytes: decoded.length, acceptedAt: response.body.accepted_at,
        })
        t.same(await api.payload(manifest), body, 'the store has the payload as it was sent')
        t.strictSame((await api.messages()).filter(message => message.id === id), [{ id, group: 'demo', deduplicationId: id }])
        await api.settled()
        t.strictSame(await api.objects('pending/'), [])
        const [record] = await api.db.migrator`select * from batches where id = ${id}`
        t.match(record, { provider: 'demo', mode: 'apply', state: 'queued', format, digest: sha256(decoded), bytes: body.length, decoded_bytes: decoded.length })
        t.strictSame((await api.call(`/batches/${id}`)).body, response.body, 'the row has the values of the manifest')
      })
    }
  }

  t.test('media type and encoding are case-insensitive, and may have parameters', async t => {
    const { status, body } = await api.submit(gzipSync(bodies.json.content), { headers: { 'content-type': 'Application/JSON; charset=utf-8', 'content-encoding': 'GZIP' } })
    t.equal(status, 202)
    t.equal(body.format, 'json')
  })

  t.test('a BOM, CRLF and a missing line end are stored unchanged', async t => {
    for (const content of ['\ufefforig_code;dest_code\r\n', 'x', '\u0000', '🚢'.repeat(50_000)]) {
      const { status, body } = await api.submit(content)
      t.equal(status, 202)
      t.equal(body.digest, sha256(content))
    }
  })
})
