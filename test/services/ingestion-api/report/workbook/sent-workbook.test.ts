import { zipSync } from 'fflate'
import t from 'tap'
import { mediaTypes } from '../../../../../lib/batch/batch.ts'
import { ingestionApi } from '../../../../harness/ingestion-api.ts'
import { sendingTo } from '../../../../harness/submissions.ts'
import { readBook, withRows } from '../../../ingestion-worker/rows/xlsx/book.ts'

const text = (text: string): string => `<c t="inlineStr"><is><t>${text}</t></is></c>`
const row = (...cells: Array<string | number>): string =>
  `<row>${cells.map(cell => typeof cell === 'number' ? `<c><v>${cell}</v></c>` : text(cell)).join('')}</row>`
const book = withRows([
  row('Prices of spring'),
  row('POL', 'POD', 'Date', 'O/F'),
  row('CNGGZ', 'EETLL', 44_227, 100),
  row('CNGGZ', 'EETLL', 44_227, -5),
  row('CNGGZ', 'XXXXX', 44_228, '=2+2'),
  row('CNGGZ', 'EETLL', '02.01.2021', '01/02/2021'),
].join(''))

t.test('a workbook with bad rows: the report as a workbook', async t => {
  const api = await ingestionApi(t)
  const { untilFinal } = sendingTo(t, api)
  const report = async (id: string, path = '', accept: string = mediaTypes.xlsx) => {
    const response = await fetch(`${api.url}/batches/${id}/errors${path}`, { headers: { authorization: 'Bearer demo-key', accept } })
    return { status: response.status, type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) }
  }
  const lines = async (id: string) => (await api.call(`/batches/${id}/errors`, { headers: { accept: 'application/x-ndjson' } })).text

  for (const [name, body, type] of [['as it is', book, mediaTypes.xlsx], ['in a zip', zipSync({ 'a.xlsx': book }), mediaTypes.zip]] as const) {
    t.test(name, async t => {
      const { body: { id } } = await api.submit(Buffer.from(body), { headers: { 'content-type': type } })
      const batch = await untilFinal(id)
      t.match(batch, { state: 'rejected', error_count: 4 })
      t.notMatch(JSON.stringify(batch.first_errors), '"cells"')
      t.match((await lines(id)).split('\n')[0], '"cells":["CNGGZ","EETLL",{"day":"2021-01-31"},-5]')
      const { status, type: answered, bytes } = await report(id)
      t.equal(status, 200)
      t.equal(answered, mediaTypes.xlsx)
      t.strictSame(Object.values((await readBook(bytes, { sheet: 'Rows' })).rows), [
        ['row', 'cause', 'POL', 'POD', 'Date', 'O/F'],
        [4, 'price: A price must be above 0', 'CNGGZ', 'EETLL', 44_227, -5],
        [5, 'dest_code: No port has this code; price: A price is written in plain digits, a point before the decimals, such as 1154.50',
          'CNGGZ', 'XXXXX', 44_228, '=2+2'],
        [6, 'price: A price is written in plain digits, a point before the decimals, such as 1154.50', 'CNGGZ', 'EETLL', '02.01.2021', '01/02/2021'],
      ])
      const [, ...causes] = Object.values((await readBook(bytes, { sheet: 'Causes' })).rows)
      t.match(causes, [[2, /plain digits/, /plain digits/, 'price', 'malformed_price', '5, 6', 'Rates!D5: =2+2'], [1, /above 0/], [1, /No port/]])
      t.match((await report(id, '', 'text/csv')).bytes.toString(), /^row,column,value,code,message,original,cell\n4,price,"'-5",.*,Rates!D4\n/)
      t.match((await report(id, '?by=cause', 'text/csv')).bytes.toString(), /\n2,malformed_price,price,.*,5 6,Rates!D5,"'=2\+2",/)
    })
  }

  t.test('refused for its header: the causes, and no row', async t => {
    const { body: { id } } = await api.submit(Buffer.from(withRows(row('POL', 'POD', 'Date', 'Margin') + row('a', 'b', 'c', 'd'))), { headers: { 'content-type': mediaTypes.xlsx } })
    t.match(await untilFinal(id), { state: 'rejected', error_count: 2 })
    const { bytes } = await report(id)
    t.match(Object.values((await readBook(bytes, { sheet: 'Rows' })).rows), [['row', 'cause'], [null, /^Margin: /], [null, /^price: /]])
  })

  t.test('applied: no causes', async t => {
    const good = Buffer.from(withRows(row('POL', 'POD', 'Date', 'O/F') + row('CNGGZ', 'EETLL', 44_227, 100)))
    const { body: { id } } = await api.submit(good, { headers: { 'content-type': mediaTypes.xlsx } })
    t.match(await untilFinal(id), { state: 'applied' })
    t.equal(Object.keys((await readBook((await report(id)).bytes, { sheet: 'Causes' })).rows).length, 1)
  })
})
