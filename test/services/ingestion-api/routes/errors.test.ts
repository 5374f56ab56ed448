import { parse } from 'csv-parse/sync'
import t from 'tap'
import { header, ingestionApi } from '../../../harness/ingestion-api.ts'
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
  const report = (accept: string, options = {}) => api.call(`/batches/${id}/errors`, { headers: accept ? { accept } : {}, ...options })
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
    for (const accept of ['application/json', 'text/html', 'text/csv;q=0']) {
      t.match(await report(accept), { status: 406, body: { type: '/problems/not-acceptable' } }, accept)
    }
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
    }
  })

  t.test('dead-lettered or discarded: bad rows are not known', async t => {
    for (const state of ['dead_lettered', 'discarded']) {
      await setState(state)
      t.match(await report('text/csv'), { status: 404, body: { type: '/problems/no-report' } })
    }
  })

  t.test('the report of another provider is not found', async t => {
    t.match(await report('text/csv', { as: 'other' }), { status: 404, body: { type: '/problems/unknown-batch' } })
    t.match(await report('text/csv', { as: 'sender' }), { status: 403 })
    t.match(await report('text/csv', { as: null }), { status: 401 })
    t.match(await api.call(`/batches/${'0'.repeat(64)}/errors`), { status: 404, body: { type: '/problems/unknown-batch' } })
  })
})
