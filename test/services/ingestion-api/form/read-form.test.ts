import { createHash } from 'node:crypto'
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { boundary, form, formType as headers, type FormPart } from '../../../harness/form.ts'
import { header, ingestionApi, mebibyte, sha256 } from '../../../harness/ingestion-api.ts'
import { chunk, head, rawRequest } from '../../../harness/raw-http.ts'
import { waitFor } from '../../../harness/wait.ts'

const csv = `${header}CNGGZ,EETLL,2021-01-05,100.25\n`
const hasCurl = spawnSync('curl', ['--version']).status === 0
const file = (content: string | Buffer = csv, headers: Record<string, string> = {}): FormPart => ({ file: 'prices.csv', headers, content })
const value = (name: string, content: string): FormPart => ({ name, content })

t.test('the file of a form is a batch, as the same file as a body', async t => {
  const api = await ingestionApi(t)
  const send = (parts: FormPart[], path = '/batches', more = {}) => api.submit(form(...parts), { path, headers: { ...headers, ...more } })

  t.test('the payload is the file alone, and its name is shown', async t => {
    const { status, body } = await send([{ file: '/home/me/Preise "März"\u202E.csv', content: csv, headers: { 'Content-Type': 'text/csv' } }])
    t.match({ status, body }, { status: 202, body: { format: 'csv', digest: sha256(csv), bytes: csv.length, file_name: 'Preise "März".csv' } })
    const manifest = await api.manifest(body.id)
    t.match(manifest, { version: 1, fileName: 'Preise "März".csv' })
    t.equal((await api.payload(manifest)).toString(), csv)
    t.equal((await api.call(`/batches/${body.id}`)).body.file_name, 'Preise "März".csv')
    await api.settled()
    t.equal((await api.call(`/batches/${body.id}`)).body.file_name, 'Preise "März".csv', 'once the batch has a row')
    t.notHas((await api.call('/batches')).body.batches[0], { file_name: String })
    const asBody = await api.submit(csv)
    t.match([asBody.headers.get('idempotency-replayed'), asBody.body.id], ['true', body.id], 'the name of the file does not name the batch')
  })

  t.test('values before or after the file are parameters', async t => {
    const cases: Array<[FormPart[], object]> = [
      [[value('dry_run', 'true'), file('a')], { mode: 'dry_run' }],
      [[file('b'), value('dry_run', 'true')], { mode: 'dry_run' }],
      [[value('rows', '7'), file('c'), value('dry_run', 'false')], { mode: 'apply', rows: 7 }],
    ]
    for (const [parts, expected] of cases) {
      const { status, body } = await send(parts)
      t.equal(status, 202, body.detail)
      t.match(await api.manifest(body.id), expected)
    }
    const { body } = await send([file('d'), value('rows', '7')], '/batches?rows=7&dry_run=true', { 'idempotency-key': 'a-key' })
    t.match(await api.manifest(body.id), { mode: 'dry_run', rows: 7, name: { kind: 'key', value: 'a-key' } }, 'with the query, and the key in its header')
    const replaced = await send([file('e'), value('replaces', (await api.submit('f')).body.id)])
    t.equal(replaced.status, 202)
    t.equal((await api.manifest(replaced.body.id)).replaces?.length, 1)
  })

  t.test('the type of the part is that of the file', async t => {
    const ndjson = '{"orig_code":"CNGGZ"}\n'
    const cases: Array<[string | Buffer, Record<string, string>, object]> = [
      ['x,1', {}, { format: 'csv', encoding: 'identity' }], [ndjson, {}, { format: 'ndjson' }], ['[1]', { 'Content-Type': 'application/octet-stream' }, { format: 'json' }],
      ['x,2', { 'Content-Type': 'application/vnd.ms-excel' }, { format: 'csv' }], ['x,3', { 'Content-Type': 'text/plain; charset=utf-8' }, { format: 'csv' }],
      ['x,4', { 'Content-Type': 'text/csv; charset=windows-1252' }, { format: 'csv', charset: 'windows-1252', version: 3 }],
      ['{"upload":"x"}', { 'Content-Type': 'application/json' }, { format: 'json' }],
      [gzipSync('x,5'), { 'Content-Type': 'text/csv', 'Content-Encoding': 'gzip' }, { format: 'csv', encoding: 'gzip', digest: sha256('x,5') }],
      ['x,6', { 'Content-Transfer-Encoding': 'binary' }, { format: 'csv' }], ['x,7', { 'Content-Transfer-Encoding': '7BIT' }, { format: 'csv' }],
    ]
    for (const [content, partHeaders, expected] of cases) {
      const { status, body } = await send([file(content, partHeaders)])
      t.equal(status, 202, body.detail)
      t.match(await api.manifest(body.id), expected, JSON.stringify(partHeaders))
    }
  })

  t.test('a file without a name is a file', async t => {
    const unnamed = (content: string | Buffer, partHeaders: Record<string, string> = {}): FormPart => ({ headers: partHeaders, content })
    const cases: Array<[FormPart, object]> = [
      [unnamed(`${csv}\n\n\n\n`), { format: 'csv' }], [unnamed('x,8\n'), { format: 'csv' }], [unnamed('x,9\ry'), { format: 'csv' }], [unnamed('[2]'), { format: 'json' }],
      [unnamed('{"price":2}'), { format: 'ndjson' }], [unnamed('x'.repeat(1_025)), { format: 'csv' }], [unnamed(gzipSync('x,10'), { 'Content-Encoding': 'gzip' }), { encoding: 'gzip' }],
    ]
    for (const [part, expected] of cases) {
      const { status, body } = await send([part, value('dry_run', 'true')])
      t.equal(status, 202, `${part.content.toString().slice(0, 20)}: ${body.detail}`)
      t.match(await api.manifest(body.id), expected)
    }
  })

  t.test('the digest is that of the whole body', async t => {
    const body = form(file('g'))
    const digest = (of: Buffer) => ({ ...headers, 'content-digest': `sha-256=:${createHash('sha256').update(of).digest('base64')}:` })
    t.equal((await api.submit(body, { headers: digest(body) })).status, 202)
    t.match(await api.submit(body, { headers: digest(Buffer.from('g')) }), { status: 400, body: { type: '/problems/digest-mismatch' } })
    t.match(await api.submit(body.subarray(0, -20), { headers: digest(body) }), { status: 400, body: { type: '/problems/digest-mismatch' } }, 'truncated')
  })

  t.test('curl', { skip: hasCurl ? false : 'curl is not installed' }, async t => {
    const folder = t.testdir({ 'Preise März.csv': `${csv}\n`, 'prices.txt': `${csv}\n\n` })
    const curl = async (...args: string[]) => {
      const { stdout } = await promisify(execFile)('curl', ['-sS', '-H', 'Authorization: Bearer demo-key', ...args, `${api.url}/batches`], { cwd: folder })
      return JSON.parse(stdout)
    }
    t.match(await curl('-F', 'file=@Preise März.csv', '-F', 'dry_run=true'), { mode: 'dry_run', format: 'csv', file_name: 'Preise März.csv', digest: sha256(`${csv}\n`) })
    t.match(await curl('-F', 'file=@prices.txt'), { format: 'csv', file_name: 'prices.txt', digest: sha256(`${csv}\n\n`) }, 'as text/plain')
    t.match(await curl('-F', 'file=prices.txt', '-F', 'dry_run=true'), { status: 400, detail: /file=@prices\.txt/ }, 'without the @')
    const large = join(t.testdir({ 'large.csv': csv.repeat(50_000) }), 'large.csv')
    t.match(await curl('-F', `file=@${large};type=text/csv`, '-H', 'Expect: 100-continue'), { bytes: csv.length * 50_000 }, 'with 100-continue')
  })

  t.test('fetch', async t => {
    const data = new FormData()
    data.set('rows', '1')
    data.set('file', new Blob([`${csv}\n\n\n`], { type: 'text/csv' }), 'a.csv')
    const response = await fetch(`${api.url}/batches`, { method: 'POST', body: data, headers: { authorization: 'Bearer demo-key' } })
    t.match([response.status, await response.json()], [202, { file_name: 'a.csv', digest: sha256(`${csv}\n\n\n`) }])
  })
})

t.test('refused forms leave no object behind, and the next one is served', async t => {
  const api = await ingestionApi(t)
  const problem = (code: string, detail: RegExp, error?: object) => ({ type: `/problems/${code}`, detail, ...(error ? { errors: [error] } : {}) })
  const unknownBatch = '0'.repeat(64)
  const manyValues = Array.from({ length: 11 }, (_, index) => value(`v${index}`, 'x'))
  type Case = { name: string, parts?: FormPart[], body?: Buffer | string, path?: string, type?: string, more?: Record<string, string> }
  const cases: Array<Case & { status: number, problem: object }> = [
    { name: 'a second file', parts: [file(), { file: 'b.csv', content: csv }], status: 400, problem: problem('invalid-parameters', /file .*"b\.csv".*each file in a request/, { parameter: 'file', code: 'repeated' }) },
    { name: 'a second file in another field', parts: [file(), { name: 'more', file: 'b.csv', content: csv }], status: 400, problem: problem('invalid-parameters', /more .*"b\.csv"/, { parameter: 'more', code: 'unknown' }) },
    { name: 'the file in another field', parts: [{ name: 'upload', file: 'b.csv', content: csv }], status: 400, problem: problem('invalid-parameters', /upload has a file.*field "file"/, { parameter: 'upload', code: 'unknown' }) },
    { name: 'a file as a value', parts: [{ name: 'rows', file: 'b.csv', content: '1' }, file()], status: 400, problem: problem('invalid-parameters', /rows has a file/, { parameter: 'rows' }) },
    { name: 'an unknown value before the file', parts: [value('dryrun', 'true'), value('__proto__', 'x'), file()], status: 400, problem: { errors: [{ parameter: 'dryrun', code: 'unknown' }, { parameter: '__proto__', code: 'unknown' }] } },
    { name: 'an unknown value after the file', parts: [file(), value('dryrun', 'true')], status: 400, problem: problem('invalid-parameters', /dryrun/, { parameter: 'dryrun', code: 'unknown' }) },
    { name: 'a wrong value before the file', parts: [value('dry_run', 'yes'), file()], status: 400, problem: problem('invalid-parameters', /dry_run must be true or false/, { parameter: 'dry_run', code: 'malformed' }) },
    { name: 'a wrong value after the file', parts: [file(), value('rows', '')], status: 400, problem: problem('invalid-parameters', /rows must be an integer/, { parameter: 'rows', code: 'malformed' }) },
    { name: 'a value twice', parts: [value('rows', '1'), file(), value('rows', '1')], status: 400, problem: problem('invalid-parameters', /more than once/, { parameter: 'rows', code: 'repeated' }) },
    { name: 'another value than the query', parts: [file(), value('dry_run', 'false')], path: '/batches?dry_run=true', status: 400, problem: problem('invalid-parameters', /dry_run/, { parameter: 'dry_run', code: 'repeated' }) },
    { name: 'an unknown batch', parts: [file(), value('replaces', unknownBatch)], status: 404, problem: problem('unknown-batch', /no batch 0000/) },
    { name: 'previous without a series', parts: [value('replaces', 'previous'), file()], status: 400, problem: problem('invalid-parameters', /Batch-Series/, { parameter: 'replaces' }) },
    { name: 'eleven values', parts: [...manyValues, file()], status: 400, problem: problem('invalid-parameters', /at most 10/, { parameter: 'v10', code: 'too_many' }) },
    { name: 'ten unknown values', parts: [...manyValues.slice(1), file()], status: 400, problem: { errors: manyValues.slice(1).map(({ name }) => ({ parameter: name, code: 'unknown' })) } },
    { name: 'a value of 1,025 bytes', parts: [value('replaces', 'x'.repeat(1_025)), file()], status: 400, problem: problem('invalid-parameters', /longer than 1024 bytes/, { parameter: 'replaces', code: 'too_long' }) },
    { name: 'a value of 1,024 bytes', parts: [value('replaces', 'x'.repeat(1_024)), file()], status: 400, problem: problem('invalid-parameters', /replaces must be/, { parameter: 'replaces', code: 'malformed' }) },
    { name: 'no file', parts: [value('rows', '1')], status: 400, problem: problem('malformed-body', /no file.*-F file=@/) },
    { name: 'an empty file', parts: [file('')], status: 400, problem: problem('malformed-body', /empty/) },
    { name: 'truncated', body: form(file()).subarray(0, -6), status: 400, problem: problem('malformed-body', /truncated/) },
    { name: 'no form', body: csv, status: 400, problem: problem('malformed-body', /truncated/) },
    { name: 'an empty body', body: '', status: 400, problem: problem('malformed-body', /truncated/) },
    { name: 'a part without a name', body: Buffer.from(form(file()).toString().replace('; name="file"', '')), status: 400, problem: problem('malformed-body', /no name/) },
    { name: 'no boundary', parts: [file()], type: 'multipart/form-data', status: 400, problem: problem('malformed-body', /boundary/) },
    { name: 'a boundary of 71 characters', parts: [file()], type: `multipart/form-data; boundary=${'x'.repeat(71)}`, status: 400, problem: problem('malformed-body', /boundary/) },
    { name: 'another multipart', parts: [file()], type: `multipart/mixed; boundary=${boundary}`, status: 415, problem: problem('unsupported-media-type', /multipart\/form-data/) },
    { name: 'the form as gzip', body: gzipSync(form(file())), more: { 'content-encoding': 'gzip' }, status: 415, problem: problem('unsupported-media-type', /Content-Encoding/) },
    { name: 'the file in base64', parts: [file(csv, { 'Content-Transfer-Encoding': 'base64' })], status: 400, problem: problem('malformed-body', /base64/) },
    { name: 'the file as Brotli', parts: [file(csv, { 'Content-Encoding': 'br' })], status: 415, problem: problem('unsupported-media-type', /gzip or identity/) },
    { name: 'gzip that does not say so', parts: [file(gzipSync(csv))], status: 415, problem: problem('unsupported-media-type', /gzip/) },
    { name: 'another type', parts: [file('%PDF-1.4', { 'Content-Type': 'application/pdf' })], status: 415, problem: problem('unsupported-media-type', /as a PDF document: send the prices as a table, XLSX or CSV \(Content-Type: application\/pdf\).*text\/csv/) },
    { name: 'a picture of any kind', parts: [file('GIF89a', { 'Content-Type': 'image/gif; x=y' })], status: 415, problem: problem('unsupported-media-type', /as a picture: send the prices as a table/) },
    { name: 'an unknown type', parts: [file('x', { 'Content-Type': 'text/x' })], status: 415, problem: problem('unsupported-media-type', /Content-Type: text\/x\. It must be text\/csv.*application\/octet-stream/) },
    { name: 'the name of a file', parts: [value('file', 'prices.csv'), value('rows', '1')], status: 400, problem: problem('malformed-body', /"file" has no file.*"prices\.csv".*curl.*file=@prices\.csv/) },
    { name: 'the name of a workbook', parts: [{ headers: { 'Content-Type': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' }, content: 'my rates.xlsx' }], status: 400, problem: problem('malformed-body', /-F "file=@my rates\.xlsx"/) },
    { name: 'one line', parts: [value('file', 'orig_code,"dest_code",day\u0085')], status: 400, problem: problem('malformed-body', /file=@prices\.csv/) },
    { name: 'another file', parts: [file('%PDF-1.4')], status: 415, problem: problem('unsupported-media-type', /PDF/) },
    { name: 'another file than declared', parts: [file('%PDF-1.4', { 'Content-Type': 'text/csv' })], status: 400, problem: problem('malformed-body', /PDF.*text\/csv/) },
    { name: 'longer than the limit', parts: [file(Buffer.alloc(8 * mebibyte, 'x'))], status: 413, problem: problem('content-too-large', /8388608/) },
    { name: 'a long decoded file', parts: [file(gzipSync(Buffer.alloc(17 * mebibyte, 'x')), { 'Content-Encoding': 'gzip' })], status: 413, problem: problem('content-too-large', /decoded/) },
  ]
  for (const { name, parts = [], body = form(...parts), path = '/batches', type, more, status, problem } of cases) {
    const response = await api.submit(body, { path, headers: { ...headers, ...(type ? { 'content-type': type } : {}), ...more } })
    t.match(response, { status, body: problem }, name)
    if (status === 415 && more === undefined && !/Brotli/.test(name)) t.match(response.headers.get('accept-post'), /^text\/csv, .*, multipart\/form-data$/, name)
  }
  const unbounded = await api.submit(new Blob([form(file(Buffer.alloc(8 * mebibyte, 'x')))]).stream(), { headers })
  t.match(unbounded, { status: 413, body: { type: '/problems/content-too-large' } }, 'in chunks without a Content-Length')
  t.strictSame(await api.objects(''), [])
  t.equal(await api.unfinishedUploads(), 0)
  t.strictSame(await api.messages(), [])
})

t.test('a form that stops', async t => {
  const api = await ingestionApi(t, { limits: { idleMs: 300, bodiesAtOnce: 1, bodiesAtOncePerProvider: 1 } })
  const body = form(value('rows', '1'), file(Buffer.alloc(7 * mebibyte, 'x')))
  const begin = async (length: number) => {
    const request = rawRequest(t, api.url)
    await request.send(head({ 'transfer-encoding': 'chunked', ...headers }))
    await request.send(chunk(body.subarray(0, length)))
    return request
  }
  for (const length of [50, 300, 6 * mebibyte, body.length - 10]) {
    t.match(await (await begin(length)).nextResponse(), { status: 408, headers: { connection: 'close' }, body: { type: '/problems/request-timeout' } }, `${length} bytes`)
  }
  const cut = await begin(6 * mebibyte)
  cut.destroy()
  await waitFor(async () => (await api.submit(form(file('x')), { headers })).status === 202) // the slot is free again
  t.equal((await api.objects('incoming/')).length, 1)
  t.equal(await api.unfinishedUploads(), 0)

  const early = rawRequest(t, api.url)
  await early.send(head({ 'content-length': body.length, expect: '100-continue', ...headers, 'content-type': 'multipart/form-data' }))
  t.match(await early.nextResponse(), { status: 400, body: { type: '/problems/malformed-body' } }, 'refused before the body')
  const expecting = rawRequest(t, api.url)
  await expecting.send(head({ 'content-length': form(file('y')).length, expect: '100-continue', ...headers }))
  t.match(await expecting.nextResponse(), { status: 100 })
  await expecting.send(form(file('y')))
  t.match(await expecting.nextResponse(), { status: 202 })
})
