import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { parseContentDigest } from '../../../../services/ingestion-api/body/content-digest.ts'
import { header, ingestionApi, mebibyte } from '../../../harness/ingestion-api.ts'
import { sendingTo } from '../../../harness/submissions.ts'

const file = `${header}CNGGZ,EETLL,2021-01-05,1190.50`
const cut = file.slice(0, -5) // …,11
const digest = (content: string | Buffer, algorithm = 'sha256'): string => createHash(algorithm).update(content).digest('base64')

/** Returns `right`, or the error code, for a body that is received with this field. */
function check (field: string, body = file): string {
  try {
    const check = parseContentDigest(field)
    for (const byte of Buffer.from(body)) check.update(Buffer.of(byte))
    check.end()
    return 'right'
  } catch (error) {
    return (error as { code: string }).code
  }
}

t.test('the field of RFC 9530, parsed as RFC 9651 defines', async t => {
  const right = `sha-256=:${digest(file)}:`
  const right512 = `sha-512=:${digest(file, 'sha512')}:`
  const [wrong, wrong512] = [`sha-256=:${digest(cut)}:`, `sha-512=:${digest(cut, 'sha512')}:`]
  for (const [field, expected] of [
    [right, 'right'], [right512, 'right'], [`${right}, ${right512}`, 'right'], [`${right},${right512}`, 'right'],
    [wrong, 'digest-mismatch'], [wrong512, 'digest-mismatch'], [`${right}, ${wrong512}`, 'digest-mismatch'], [`${wrong}, ${right512}`, 'digest-mismatch'],
    ['md5=:Y2h1Y2s=:', 'right'], [`md5=:Y2h1Y2s=:, ${right}`, 'right'], [`${right}, unixsum=:AAA=:`, 'right'], [`md5=:Y2h1Y2s=:, ${wrong}`, 'digest-mismatch'],
    [`${right}; q="a, b"; p=1;x`, 'right'], [`${wrong}, ${right}`, 'right'], [` ${right} `, 'right'],
    ...['', 'sha-256', 'sha-256=', `sha-256=${digest(file)}`, `sha-256="${digest(file)}"`, `sha-256=:${digest(file)}`, `${right},`, `${right}, `, `, ${right}`,
      `${right} ${right512}`, 'sha-256=:AAAA:', `sha-256=:${digest(file).replace(/=*$/, '!')}:`, `sha-512=:${digest(file)}:`, `SHA-256=:${digest(file)}:`,
      `SHA-256=${digest(file)}`, 'sha-256=?1', `${right}; P=1`].map(field => [field, 'invalid-parameters'] as const),
  ] as const) t.equal(check(field), expected, field)
})

t.test('a truncated body is not accepted', async t => {
  const api = await ingestionApi(t)
  const field = (content: string | Buffer): Record<string, string> => ({ 'content-digest': `sha-256=:${digest(content)}:` })
  const zipped = gzipSync(file)
  const long = Buffer.alloc(7 * mebibyte, 'x') // larger than one part of a multipart upload

  for (const [name, body, headers] of [
    ['CSV', cut, field(file)],
    ['gzip', zipped.subarray(0, -1), { ...field(zipped), 'content-encoding': 'gzip' }],
    ['gzip, the digest of the decoded content', zipped, { ...field(file), 'content-encoding': 'gzip' }],
    ['a body of several parts', long.subarray(1), field(long)],
    ['a JSON array', '[1]', { ...field('[12]'), 'content-type': 'application/json' }],
    ['the name of an upload', '{"upload":"00000000-0000-4000-8000-000000000000"}', { ...field('{}'), 'content-type': 'application/json' }],
  ] as const) {
    t.test(name, async t => {
      const response = await api.submit(body, { headers })
      t.match(response, { status: 400, body: { type: '/problems/digest-mismatch' } })
    })
  }

  t.test('a malformed field', async t => {
    const response = await api.submit(file, { headers: { 'content-digest': `SHA-256=${digest(file)}` } })
    t.match(response, { status: 400, body: { type: '/problems/invalid-parameters', errors: [{ parameter: 'content-digest', code: 'malformed' }] } })
  })

  t.test('no object of the refused bodies remains in the store', async t => {
    t.strictSame(await api.objects(''), [])
    t.equal(await api.unfinishedUploads(), 0)
    t.strictSame(await api.messages(), [])
  })

  t.test('a body with the right digest is accepted', async t => {
    t.equal((await api.submit(file, { headers: field(file) })).status, 202)
    t.equal((await api.submit(zipped, { headers: { ...field(zipped), 'content-encoding': 'gzip', 'idempotency-key': 'gzip' } })).status, 202)
    t.equal((await api.submit(long, { headers: field(long) })).status, 202)
  })
})

t.test('rows=N: a file with another number of rows is rejected', async t => {
  const api = await ingestionApi(t)
  const { upload, untilFinal, visible } = sendingTo(t, api)
  const rows = (count: number): string => 'CNGGZ,EETLL,2021-01-05,100\n'.repeat(count)
  const object = '{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-01-05","price":1}'
  let index = 0
  const send = async (body: string, count: number, type = 'text/csv') => {
    const path = `/batches?rows=${count}`
    const headers = { 'content-type': type, 'idempotency-key': `rows-${++index}` }
    const direct = await api.submit(body, { path, headers })
    const uploaded = await upload(Buffer.from(body), { content_type: type }, { query: `?rows=${count}`, headers: { 'idempotency-key': `upload-${index}` } })
    t.strictSame([direct.status, uploaded.status], [202, 202])
    t.equal((await api.manifest(direct.body.id)).rows, count)
    return [direct.body.id, uploaded.body.id] as string[]
  }
  const rejected = (message: string) => ({ state: 'rejected', error_count: 1, first_errors: [{ row: 0, code: 'row_count', column: null, message }] })

  t.test('the declared number of rows', async t => {
    for (const id of await send(header + rows(3), 3)) t.match(await untilFinal(id), { state: 'applied', rows: 3, last_line_ended: true })
    for (const id of await send(`${object}\n${object}`, 2, 'application/x-ndjson')) t.match(await untilFinal(id), { state: 'applied', rows: 2, last_line_ended: false })
  })

  t.test('fewer rows, more rows', async t => {
    for (const [body, count, type] of [[header + rows(2), 3, 'text/csv'], [header + rows(4), 3, 'text/csv'], [`[${object},${object}]`, 1, 'application/json']] as const) {
      const found = type === 'text/csv' ? body.split('\n').length - 2 : 2
      for (const id of await send(body, count, type)) {
        t.match(await untilFinal(id), rejected(`The file has ${found} rows, the request declares ${count}`))
        t.equal(await visible(id), 0)
      }
    }
  })

  t.test('beside bad rows the count is one more error; beside an error of the whole file it is none', async t => {
    for (const id of await send(`${header}CNGGZ,EETLL,2021-01-05,-1\n`, 2)) t.match(await untilFinal(id), { error_count: 2, first_errors: [{ row: 1 }, { code: 'row_count' }] })
    for (const id of await send('nonsense\n1\n', 2)) t.match(await untilFinal(id), { error_count: 1, first_errors: [{ code: 'no_header' }] })
  })

  t.test('a dry run checks the count too', async t => {
    const { body } = await api.submit(header + rows(2), { path: '/batches?rows=3&dry_run=true' })
    t.match(await untilFinal(body.id), { state: 'rejected', mode: 'dry_run', first_errors: [{ code: 'row_count' }] })
  })

  t.test('rows is not a number', async t => {
    for (const value of ['0', '-1', '1.5', '1e3', 'abc', '', '%20', '01', '12345678901', '3&rows=3']) {
      const response = await api.submit(header + rows(3), { path: `/batches?rows=${value}` })
      t.match(response, { status: 400, body: { type: '/problems/invalid-parameters', errors: [{ parameter: 'rows', code: 'malformed' }] } }, value)
    }
  })
})

t.test('whether the last line has a line end', async t => {
  const api = await ingestionApi(t)
  const { untilFinal } = sendingTo(t, api)
  const object = '{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-01-05","price":1}'
  for (const [name, body, type, expected] of [
    ['CSV, cut', cut, 'text/csv', false],
    ['CSV', `${file}\n`, 'text/csv', true],
    ['CSV, CRLF', `${file}\r\n`, 'text/csv', true],
    ['CSV, CRLF cut in two', `${file}\r`, 'text/csv', false],
    ['CSV, rejected', `${header}x`, 'text/csv', false],
    ['CSV, rejected at its header', 'x\n', 'text/csv', true],
    ['NDJSON', `${object}\n`, 'application/x-ndjson', true],
    ['NDJSON, cut', object, 'application/x-ndjson', false],
    ['JSON', `[${object}]\n`, 'application/json', null],
  ] as const) {
    t.test(name, async t => {
      const sent = await api.submit(body, { headers: { 'content-type': type } })
      t.equal(sent.body.last_line_ended, null, 'not known yet')
      const batch = await untilFinal(sent.body.id)
      t.equal(batch.last_line_ended, expected)
      const again = await api.submit(body, { headers: { 'content-type': type } })
      t.equal(again.body.id === batch.id ? again.body.last_line_ended : expected, expected, 'sent again')
    })
  }
})
