import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { mediaTypes } from '../../../lib/batch/batch.ts'
import { header, ingestionApi, type Result } from '../../harness/ingestion-api.ts'
import { sendingTo } from '../../harness/submissions.ts'

const caseFile = (name: string): Buffer => readFileSync(new URL(`../../cases/clients/${name}`, import.meta.url))
const types = [...Object.values(mediaTypes), 'multipart/form-data'].join(', ')
const row = 'CNGGZ,EETLL,2021-01-05,100\n'

t.test('requests of real clients', async t => {
  const api = await ingestionApi(t)
  const { upload, untilFinal, visible } = sendingTo(t, api)
  /** Resolves with the final states of a batch that was sent as a body, and of the same file as an upload. */
  const bothResults = async (file: Buffer, headers: Record<string, string> = {}): Promise<Array<Record<string, any>>> => {
    const sent: Result[] = [await api.submit(file, { headers }), await upload(file)]
    return await Promise.all(sent.map(async ({ status, body }) => {
      t.equal(status, 202, body.detail)
      return await untilFinal(body.id)
    }))
  }

  t.test('06: gzip as x-gzip is read', async t => {
    const { status, body } = await api.submit(caseFile('06-plain.csv.gz'), { headers: { 'content-encoding': 'x-gzip' } })
    t.equal(status, 202)
    t.match(await untilFinal(body.id), { state: 'applied' })
    t.equal((await api.manifest(body.id)).encoding, 'gzip')
  })

  t.test('06, 16: for a binary file the error names the detected type', async t => {
    for (const [name, file, words] of [
      ['gzip', caseFile('06-plain.csv.gz'), /gzip.*Content-Encoding: gzip/],
      ['gzip in gzip', gzipSync(caseFile('06-plain.csv.gz')), /gzip/],
      ['ZIP', Buffer.concat([Buffer.from('504b030414000600', 'hex'), Buffer.alloc(20, 0xff)]), /ZIP/],
    ] as const) {
      const response = await api.submit(file, { headers: name === 'gzip in gzip' ? { 'content-encoding': 'gzip' } : {} })
      t.match(response, { status: 400, body: { type: '/problems/malformed-body', detail: words } }, name)
      if (name === 'gzip in gzip') continue
      const { body } = await upload(file)
      t.match(await untilFinal(body.id), { state: 'rejected', error_count: 1, first_errors: [{ row: 0, code: 'not_utf8', message: words }] }, `${name}, uploaded`)
    }
  })

  t.test('16: UTF-16 without a mark is read', async t => {
    for (const batch of await bothResults(caseFile('16-utf-16.csv'))) t.match(batch, { state: 'applied' })
  })

  t.test('11: a byte order mark within the quotes of the first name is read', async t => {
    for (const batch of await bothResults(caseFile('11-bom-in-quotes.csv'))) t.match(batch, { state: 'applied', rows: 1 })
  })

  t.test('12: a no-break space around a value is no part of it', async t => {
    for (const batch of await bothResults(caseFile('12-no-break-space.csv'))) t.match(batch, { state: 'applied' })
  })

  t.test('13: a line of separators only is no row', async t => {
    for (const batch of await bothResults(caseFile('13-only-separators.csv'))) {
      t.match(batch, { state: 'applied', rows: 1 })
      t.equal(await visible(batch.id), 1)
    }
  })

  t.test('an unsupported type: the response names the supported ones', async t => {
    for (const [name, type, body] of [
      ['curl -d', 'application/x-www-form-urlencoded', header + row], ['text/csv, twice', 'text/csv, text/csv', header + row], ['of nothing', 'text/plain', ''],
    ] as const) {
      const response = await api.submit(new TextEncoder().encode(body), { headers: { 'content-type': type } })
      t.match(response, { status: 415, body: { type: '/problems/unsupported-media-type', detail: /text\/csv, application\/x-ndjson, application\/json/ } }, name)
      t.equal(response.headers.get('accept-post'), types, name)
    }
    for (const path of ['/uploads', `/dead-letters/${'0'.repeat(64)}/redrive`]) {
      const response = await api.call(path, { method: 'POST', body: '{}', headers: { 'content-type': 'text/csv' }, as: path === '/uploads' ? 'demo' : 'operator' })
      t.match(response, { status: 415, body: { type: '/problems/unsupported-media-type', detail: /application\/json/ } }, path)
      t.equal(response.headers.get('accept-post'), 'application/json')
    }
  })

  t.test('without a type, as application/csv and in a form, the same file is the same batch', async t => {
    const form = new FormData()
    form.set('file', new Blob([header + row]), 'prices.csv')
    const ids = [(await api.submit(header + row)).body.id]
    for (const type of ['', ';charset=utf-8', 'application/csv', 'application/octet-stream', 'application/vnd.ms-excel']) {
      const response = await api.submit(new TextEncoder().encode(header + row), { headers: { 'content-type': type } })
      t.equal(response.status, 202, type)
      ids.push(response.body.id)
    }
    const curlForm = await fetch(`${api.url}/batches`, { method: 'POST', body: form, headers: { authorization: 'Bearer demo-key' } })
    t.equal(curlForm.status, 202)
    ids.push((await curlForm.json() as { id: string }).id)
    t.equal(new Set(ids).size, 1)
  })

  t.test('a wrong parameter says what it must be', async t => {
    const send = (path: string, headers = {}) => api.submit(header + row, { path, headers })
    for (const value of ['True', '1', 'yes', '']) {
      t.match(await send(`/batches?dry_run=${value}`), {
        status: 400, body: { detail: /dry_run must be true or false/, errors: [{ parameter: 'dry_run', code: 'malformed', message: 'must be true or false' }] },
      }, value)
    }
    for (const key of ['rates Jan 2021.csv', 'x'.repeat(256)]) {
      t.match(await send('/batches', { 'idempotency-key': key }), {
        status: 400, body: { errors: [{ parameter: 'idempotency-key', code: 'malformed', message: /1 to 255 visible ASCII characters without spaces/ }] },
      }, key)
    }
    t.match((await send('/batches?rows=many')).body.errors, [{ parameter: 'rows', code: 'malformed', message: /an integer from 1/ }])
    t.match((await api.call('/batches?state=done')).body.errors, [{ parameter: 'state', message: /queued or processing or .* or discarded/ }])
  })

  t.test('an address with a slash at its end: the response names the right address', async t => {
    for (const [method, path, meant] of [['POST', '/batches/', '/batches'], ['POST', '/batches//?rows=1', '/batches'], ['POST', '/uploads/', '/uploads']] as const) {
      const response = await api.call(path, { method })
      t.match(response, { status: 404, body: { type: '/problems/not-found', detail: `the address is ${meant}` } }, path)
    }
    t.notMatch((await api.call('/nothing/')).body.detail, /the address is/)
  })

  t.test('the same request again is marked as a replay', async t => {
    const body = `${header}CNGGZ,EETLL,2021-01-06,77\n`
    const replayed = ({ status, headers }: Result): unknown[] => [status, headers.get('idempotency-replayed')]
    for (const [path, headers] of [['/batches', {}], ['/batches', { 'idempotency-key': 'k' }], ['/batches?dry_run=true', { 'idempotency-key': 'd' }], ['/batches?rows=1', { 'idempotency-key': 'r' }]] as const) {
      t.strictSame(replayed(await api.submit(body, { path, headers })), [202, 'false'])
      t.strictSame(replayed(await api.submit(body, { path, headers })), [202, 'true'])
    }
    for (let time = 0; time < 2; time++) t.strictSame(replayed(await api.submit(body, { path: '/batches?dry_run=true' })), [202, 'false'], 'a dry run without a key')
    const named = await upload(Buffer.from(body), {}, { headers: { 'idempotency-key': 'upload' } })
    t.strictSame(replayed(named), [202, 'false'])
    t.strictSame(replayed(await upload(Buffer.from(body), {}, { headers: { 'idempotency-key': 'upload' } })), [202, 'true'])
  })
})
