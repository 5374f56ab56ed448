import { unzipSync, strFromU8 } from 'fflate'
import { writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import type { Causes } from '../../../../../lib/batch/report/causes.ts'
import type { ReportedError } from '../../../../../lib/batch/report/reported-error.ts'
import { whatToDo } from '../../../../../lib/batch/report/what-to-do.ts'
import { toWorkbook } from '../../../../../services/ingestion-api/report/workbook/workbook.ts'
import { readBook } from '../../../ingestion-worker/rows/xlsx/book.ts'

const error = (row: number, fields: Partial<ReportedError> = {}): ReportedError => (
  { row, column: null, value: null, code: 'malformed_price', message: 'bad', original: null, ...fields }
)
const awkward = ['=1+1', '@SUM(A1)', '<b>&amp;"', ' spaces ', 'a\r\nb\tc', '\0\x01\x1f', '_x000D_', '_x005F_x0041_', '🚢', '2021-01-05', '007', 'TRUE', '1e5']
const errors: ReportedError[] = [
  error(3, { column: 'price', cell: 'Rates!D3', value: '=1+1', cells: ['CNGGZ', 'EETLL', { day: '2021-01-31' }, '=1+1'] }),
  error(3, { column: 'day', cell: 'Rates!C3', value: '2021-01-31', message: 'no' }),
  error(4, { code: 'totals_row', message: 'totals', cells: ['Total', null, null, 12.5] }),
  error(5, { column: 'price', cell: "'A!B'!F5", value: 'seen late' }),
  error(9, { cells: awkward }),
  error(0, { code: 'row_count' }),
  error(0, { code: 'more_errors', message: 'The report has the first 6 of 7 errors' }),
]
const causes: Causes = {
  version: 1, errors: 7, written: 6, header: ['POL', 'POD', 'Date', 'O/F'],
  causes: [{ code: 'malformed_price', column: 'price', count: 6, message: 'bad', rows: [3, 5], example: { row: 3, cell: 'Rates!D3', value: '=1+1', original: null } }],
}
const build = (lines: readonly ReportedError[], of = causes) =>
  buffer(toWorkbook(Readable.from([Buffer.from(lines.map(line => `${JSON.stringify(line)}\n`).join(''))]), of))

t.test('a workbook of our own reader and of others', async t => {
  const bytes = await build(errors)
  if (process.env.KEEP_WORKBOOK) writeFileSync(process.env.KEEP_WORKBOOK, bytes)
  t.strictSame(Object.values((await readBook(bytes, { sheet: 'Causes' })).rows), [
    ['count', 'cause', 'what to do', 'column', 'code', 'first rows', 'example'],
    [6, 'bad', whatToDo.malformed_price, 'price', 'malformed_price', '3, 5', 'Rates!D3: =1+1'],
    [0, 'The report has the first 6 of 7 errors', whatToDo.more_errors, null, 'more_errors'],
  ])
  const rows = Object.values((await readBook(bytes, { sheet: 'Rows' })).rows)
  t.strictSame(rows, [
    ['row', 'cause', 'POL', 'POD', 'Date', 'O/F'],
    [3, 'price: bad; day: no', 'CNGGZ', 'EETLL', 44_227, '=1+1'],
    [4, 'totals', 'Total', null, null, 12.5],
    [5, 'price: bad', null, null, null, null, null, 'seen late'],
    [9, 'bad', ...awkward],
    [null, 'bad'],
    [null, 'The report has the first 6 of 7 errors'],
  ])
})

t.test('the bad cells are marked, and no cell has a formula', async t => {
  const parts = unzipSync(await build(errors))
  const xml = strFromU8(parts['xl/worksheets/sheet2.xml']!)
  const marked = (row: number): number[] => [...xml.split('<row>')[row + 1]!.matchAll(/<c(?: s="(\d)")?/g)].flatMap(([, format], at) => Number(format) > 3 ? [at] : [])
  t.same(marked(1), [4, 5], 'the day and the price')
  t.same(marked(2), [1], 'no cell has the fault: its cause')
  t.same(marked(3), [7])
  t.notMatch(xml, /<f[ >]/)
  t.match(strFromU8(parts['xl/styles.xml']!), /<fill><patternFill patternType="solid">/)
})

t.test('rows of any number in chunks of any length', async t => {
  const lines = Array.from({ length: 20_000 }, (_, at) => error(at >> 1, { cells: [at], message: at % 2 ? 'b' : 'a' }))
  const text = Buffer.from(lines.slice(2).map(line => `${JSON.stringify(line)}\n`).join(''))
  const pieces = Array.from({ length: Math.ceil(text.length / 7_919) }, (_, at) => text.subarray(at * 7_919, (at + 1) * 7_919))
  const bytes = await buffer(toWorkbook(Readable.from(pieces), causes))
  const rows = Object.values((await readBook(bytes, { sheet: 'Rows' })).rows)
  t.equal(rows.length, 10_000)
  t.same(rows.slice(1, 3), [[1, 'a; b', 2], [2, 'a; b', 4]])
  t.same(rows.at(-1), [9_999, 'a; b', 19_998])
})

t.test('the report fails: the workbook fails', async t => {
  const failing = Readable.from((async function * () {
    yield `${JSON.stringify(error(1))}\n`
    throw new Error('the store is unavailable')
  })())
  await t.rejects(buffer(toWorkbook(failing, causes)), /unavailable/)
})
