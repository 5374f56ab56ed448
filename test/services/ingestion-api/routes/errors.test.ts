import { parse } from 'csv-parse/sync'
import t from 'tap'
import { mediaTypes } from '../../../../lib/batch/batch.ts'
import { whatToDo } from '../../../../lib/batch/report/what-to-do.ts'
import { header, ingestionApi, type Call } from '../../../harness/ingestion-api.ts'
import { waitFor } from '../../../harness/wait.ts'

const errors = [
  { row: 1, column: 'dest_code', value: 'XXXXX', code: 'unknown_port', message: 'no port has this code', original: 'CNGGZ,XXXXX,2021-01-05,1' },
  { row: 2, column: 'price', value: '1,5', code: 'price', message: 'say "1.5"', original: 'CNGGZ,EETLL,2021-01-05,"1,5"' },
  { row: 3, column: null, value: 'a\u2028b\u2029c\u0085d', code: 'columns', message: 'two\r\nlines, and a 🚢', original: null },
]
const csv = 'row,column,value,code,message,original\n' +
  '1,dest_code,XXXXX,unknown_port,no port has this code,"CNGGZ,XXXXX,2021-01-05,1"\n' +
  '2,price,"1,5",price,"say ""1.5""","CNGGZ,EETLL,2021-01-05,""1,5"""\n' +
  '3,,a\u2028b\u2029c\u0085d,columns,"two\r\nlines, and a 🚢",\n'
const ndjson = errors.map(error => `${JSON.stringify(error)}\n`).join('')

t.test('the report of a batch', async t => {
  const api = await ingestionApi(t)
  const { id } = (await api.submit(`${header}CNGGZ,XXXXX,2021-01-05,1\n`)).body
  await api.settled()
  const report = (accept: string, { path = '', ...options }: Call & { path?: string } = {}) => api.call(`/batches/${id}/errors${path}`, { headers: accept ? { accept } : {}, ...options })
  const setState = (state: string) => api.db.migrator`update batches set state = ${state} where id = ${id}`

  for (const state of ['queued', 'processing']) {
    t.test(`${state}: no report yet`, async t => {
      await setState(state)
      t.match(await report('text/csv'), { status: 404, body: { type: '/problems/no-report' } })
    })
  }

  t.test('rejected, and the report is missing', async t => {
    await setState('rejected')
    t.match(await report('text/csv'), { status: 404, body: { type: '/problems/no-report' } })
  })

  t.test('rejected: in the format that the client accepts', async t => {
    await api.putObject(`reports/${id}.ndjson`, ndjson)
    for (const accept of ['text/csv', '', '*/*', 'text/*', 'application/x-ndjson;q=0.5, text/csv']) {
      const response = await report(accept)
      t.match(response, { status: 200, text: csv }, accept)
      t.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8')
    }
    for (const accept of ['application/x-ndjson', 'application/*', 'text/csv;q=0.5, application/x-ndjson']) {
      const response = await report(accept)
      t.match(response, { status: 200, text: ndjson }, accept)
      t.equal(response.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
    }
    for (const accept of ['application/json', 'text/html', 'text/csv;q=0', mediaTypes.xlsx]) {
      t.match(await report(accept), { status: 406, body: { type: '/problems/not-acceptable' } }, accept)
    }
  })

  t.test('rejected: by cause, counted from the lines of a report of an earlier release', async t => {
    await api.putObject(`reports/${id}.ndjson`, `${ndjson}${JSON.stringify({ ...errors[0], row: 4 })}\n`)
    const byCause = (accept: string) => report(accept, { path: '?by=cause' })
    const lines = (text: string): object[] => text.trimEnd().split('\n').map(line => JSON.parse(line) as object)
    const response = await byCause('application/x-ndjson')
    t.equal(response.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
    t.equal(response.headers.get('vary'), 'Accept')
    const causes = lines(response.text)
    t.equal(causes.length, 3)
    const { row, value, original, code, column, message } = errors[0]!
    t.strictSame(causes[0], { code, column, count: 2, message, advice: whatToDo.unknown_port, rows: [1, 4], example: { row, value, original } })
    t.match(causes[2], { code: 'columns', column: null, count: 1, advice: null }, 'the code of another release')
    t.equal((await byCause('text/csv')).text.split('\n').slice(0, 2).join('\n'), 'count,code,column,message,advice,rows,cell,value,original\n' +
      '2,unknown_port,dest_code,no port has this code,Correct the code: the list of ports has every code (GET /locations),1 4,,XXXXX,"CNGGZ,XXXXX,2021-01-05,1"')
    t.match(await byCause(mediaTypes.xlsx), { status: 406, body: { type: '/problems/not-acceptable' } })
    await api.db.migrator`update batches set format = 'xlsx' where id = ${id}`
    t.match(await byCause(mediaTypes.xlsx), { status: 406, body: { detail: new RegExp(`application/x-ndjson\\. /batches/${id}/errors has .* as a workbook$`) } })
    t.equal((await byCause(`${mediaTypes.xlsx}, text/csv;q=0.1`)).headers.get('content-type'), 'text/csv; charset=utf-8')
    await api.db.migrator`update batches set format = 'csv' where id = ${id}`
    t.match(await report('text/csv', { path: '?by=row' }), { status: 400, body: { type: '/problems/invalid-parameters' } })

    const stored = { version: 1, errors: 70, written: 4, causes: [{ ...causes[0], column: '=1', count: 70 }] }
    await api.putObject(`reports/${id}.causes.json`, JSON.stringify(stored))
    t.equal(lines((await byCause('application/x-ndjson')).text).length, 3, 'causes of another number of errors are of another report')
    await api.db.migrator`update batches set error_count = 70 where id = ${id}`
    t.match(lines((await byCause('application/x-ndjson')).text), [
      { code: 'unknown_port', count: 70 },
      { code: 'more_errors', column: null, count: 0, rows: [], message: 'The report has the first 4 of 70 errors' },
    ])
    t.match((await byCause('')).text, '70,unknown_port,"\'=1",no port has this code', 'no cell is a formula in a spreadsheet')
    for (const key of ['causes.json', 'ndjson']) {
      const back = api.proxy.cut(({ key: path }) => path.endsWith(key))
      if (key === 'ndjson') await api.db.migrator`update batches set error_count = 4 where id = ${id}`
      t.match(await byCause('text/csv'), { status: 503, body: { type: '/problems/store-unavailable' } }, key)
      back()
    }
    await api.putObject(`reports/${id}.ndjson`, ndjson)
  })

  t.test('rejected: no cell is a formula in a spreadsheet', async t => {
    const texts: Record<string, string> = {
      '=1+1': "'=1+1",
      '+1': "'+1",
      '-5': "'-5",
      '@SUM(1)': "'@SUM(1)",
      '\t=1': "'\t'=1",
      '\r=1': "'\r'=1",
      '\n=1': "'\n'=1",
      '\0=1': "'\0=1",
      '＝1': "'＝1",
      '＋1': "'＋1",
      '－1': "'－1",
      '＠1': "'＠1",
      'CNGGZ;EETLL;2021-01-05;-5': "CNGGZ;EETLL;2021-01-05;'-5",
      'a;"=HYPERLINK(""x"")"': 'a;"\'=HYPERLINK(""x"")"',
      'a\r\n=1': "a\r\n'=1",
      "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
      '': '',
      '2021-01-05': '2021-01-05',
      'a=b;c-d': 'a=b;c-d',
      "'=1": "'=1",
    }
    const report = Object.keys(texts).map((text, index) => ({ row: index + 1, column: text, value: text, code: 'price', message: 'm', original: text }))
    const lines = report.map(error => `${JSON.stringify(error)}\n`).join('')
    await api.putObject(`reports/${id}.ndjson`, lines)
    const read = (accept: string) => api.call(`/batches/${id}/errors`, { headers: { accept } })
    const csv = (await read('text/csv')).text
    const [head, ...rows] = parse(csv, { record_delimiter: '\n' }) as string[][]
    t.same(head, ['row', 'column', 'value', 'code', 'message', 'original'])
    t.same(rows, Object.values(texts).map((text, index) => [String(index + 1), text, text, 'price', 'm', text]))
    t.match(csv, '3,"\'-5","\'-5",price,m,"\'-5"\n', 'the number of the row stays a number')
    t.equal((await read('application/x-ndjson')).text, lines, 'NDJSON has the values as sent')
  })

  t.test('rejected: a long report', async t => {
    const long = Array.from({ length: 5_000 }, (_, index) => ({ ...errors[index % 3]!, row: index + 1 }))
    await api.putObject(`reports/${id}.ndjson`, long.map(error => `${JSON.stringify(error)}\n`).join(''))
    const response = await report('text/csv')
    t.equal(response.status, 200)
    t.equal(response.text.split('\r\n').length - 1, Math.floor(5_000 / 3))
    t.match(response.text, /\n4999,dest_code,.*\n5000,price,.*\n$/)
  })

  t.test('the store fails in the middle of the report: the client sees the failure, and the next request succeeds', async t => {
    for (const accept of ['text/csv', 'application/x-ndjson']) {
      api.proxy.cutResponse(({ key }) => key.startsWith('reports/'))
      await t.rejects(report(accept))
      t.match(await report(accept), { status: 200 })
    }
  })

  t.test('the client disconnects in the middle of the report: the store\'s stream is destroyed', async t => {
    await api.putObject(`reports/${id}.ndjson`, ndjson.repeat(30_000))
    for (const accept of ['text/csv', 'application/x-ndjson']) {
      const response = await fetch(`${api.url}/batches/${id}/errors`, { headers: { accept, authorization: 'Bearer demo-key' } })
      const body = response.body!.getReader()
      await body.read()
      t.equal(api.proxy.inFlight(), 1, accept)
      await body.cancel()
      await waitFor(() => api.proxy.inFlight() === 0)
    }
  })

  t.test('the store is unavailable', async t => {
    const back = api.proxy.cut(({ key }) => key.startsWith('reports/'))
    t.match(await report('text/csv'), { status: 503, body: { type: '/problems/store-unavailable' } })
    back()
  })

  t.test('applied: no errors', async t => {
    for (const state of ['applied', 'validated']) {
      await setState(state)
      t.match(await report('text/csv'), { status: 200, text: 'row,column,value,code,message,original\n' })
      t.match(await report('application/x-ndjson'), { status: 200, text: '' })
      t.match(await report('text/csv', { path: '?by=cause' }), { status: 200, text: 'count,code,column,message,advice,rows,cell,value,original\n' })
    }
  })

  t.test('dead-lettered or discarded: bad rows are not known', async t => {
    for (const state of ['dead_lettered', 'discarded']) {
      await setState(state)
      t.match(await report('text/csv'), { status: 404, body: { type: '/problems/no-report' } })
      t.match(await report('text/csv', { path: '?by=cause' }), { status: 404, body: { type: '/problems/no-report' } })
    }
  })

  t.test('the report of another provider is not found', async t => {
    t.match(await report('text/csv', { as: 'other' }), { status: 404, body: { type: '/problems/unknown-batch' } })
    t.match(await report('text/csv', { as: 'sender' }), { status: 403 })
    t.match(await report('text/csv', { as: null }), { status: 401 })
    t.match(await api.call(`/batches/${'0'.repeat(64)}/errors`), { status: 404, body: { type: '/problems/unknown-batch' } })
  })
})
