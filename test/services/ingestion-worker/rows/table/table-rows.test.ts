import t from 'tap'
import { TableRows } from '../../../../../services/ingestion-worker/rows/table/table-rows.ts'
import { RowChecker } from '../../../../../services/ingestion-worker/rows/values/row-checker.ts'
import type { RowError, RowErrorCode } from '../../../../../services/ingestion-worker/rows/values/row-error.ts'
import { rules } from '../../../../harness/read-rows.ts'

function readTable (...table: Array<Array<string | number | null>>): { prices: number[], codes: RowErrorCode[] } {
  const result: ReturnType<typeof readTable> = { prices: [], codes: [] }
  const checker = new RowChecker(rules, {
    price: (_orig, _dest, _day, cents) => result.prices.push(cents),
    error: ({ code }) => result.codes.push(code),
  })
  const rows = new TableRows(checker, { maxDays: 366 })
  for (const [at, cells] of table.entries()) rows.row(cells, at + 1)
  Array.from(rows.finish())
  return result
}

t.test('the index of a data frame may stand beside another column without a name', async t => {
  const header = [null, null, 'pol', 'pod', 'day', 'price']
  t.same(readTable(header, [0, null, 'CNGGZ', 'EETLL', '2021-01-31', 7], [1, null, 'CNGGZ', 'EETLL', '2021-01-31', 8]), { prices: [700, 800], codes: [] })
  t.same(readTable(header, [0, null, 'CNGGZ', 'EETLL', '2021-01-31', 7], [2, null, 'CNGGZ', 'EETLL', '2021-01-31', 8]), { prices: [700], codes: ['value_without_column'] })
  t.same(readTable(header, [0, 'x', 'CNGGZ', 'EETLL', '2021-01-31', 7]), { prices: [], codes: ['value_without_column'] })
})

t.test('a row with one text is a note, and one with a price alone is a total: one cause each', async t => {
  const [header, price] = [['pol', 'pod', 'day', 'price'], ['CNGGZ', 'EETLL', '2021-01-31', 7]]
  t.same(readTable(header, price, ['All rates are subject to change'], [null, null, 'valid for February'], price), { prices: [700, 700], codes: ['note_row', 'note_row'] })
  t.same(readTable(header, price, [null, null, null, 1_180.5]), { prices: [700], codes: ['totals_row'] })
  t.same(readTable(header, ['CNGGZ', 'EETLL', null, null]).codes, ['missing_value', 'missing_value'])
})

t.test('a date that a program may have made of a text is shown with its row, and no order of days is understood', async t => {
  const errors: RowError[] = []
  const rows = new TableRows(new RowChecker(rules, { price () {}, error: error => errors.push(error) }), { maxDays: 366, epoch: 1900 })
  for (const [at, cells] of [['pol', 'pod', 'day', 'price'], ['CNGGZ', 'EETLL', 44_198, 7], ['CNGGZ', 'EETLL', '31/01/2021', 8]].entries()) rows.row(cells, at + 1)
  Array.from(rows.finish())
  t.match(errors, [{ code: 'contradicting_days', row: 1, value: '2021-01-02', original: /CNGGZ \| EETLL \| 44198 \| 7/ }])
  const undecided = new TableRows(new RowChecker(rules, { price () {}, error () {} }), { maxDays: 366 })
  for (const [at, cells] of [['pol', 'pod', 'day', 'price'], ['CNGGZ', 'EETLL', '01/02/2021', 7]].entries()) undecided.row(cells, at + 1)
  Array.from(undecided.finish())
  t.equal(undecided.prices.dayOrder, null)
})

t.test('a text that stands alone in the column of prices is a note', async t => {
  t.same(readTable(['pol', 'pod', 'day', 'price'], ['CNGGZ', 'EETLL', '2021-01-31', 7], [null, null, null, 'on request']).codes, ['note_row'])
})

t.test('the place of a cell in an error is short and well-formed, whatever the name of its sheet is', async t => {
  const errors: RowError[] = []
  const checker = new RowChecker(rules, { price () {}, error: error => errors.push(error) })
  const rows = new TableRows(checker, { maxDays: 366, cellAt: () => `'${'x'.repeat(500_000)}\ud800'!A2` })
  for (const [at, cells] of [['pol', 'pod', 'day', 'price'], ['CNGGZ', 'EETLL', '2021-01-31', 'x']].entries()) rows.row(cells, at + 1)
  t.equal(errors[0]?.cell?.length, 200)
})

t.test('rows that waited are read in steps', async t => {
  const table = new TableRows(new RowChecker(rules, { price () {}, error () {} }), { maxDays: 366 })
  table.row(['pol', 'pod', 'day', 'price'], 1)
  for (let row = 0; row < 12_000; row++) table.row(['CNGGZ', 'EETLL', '01/02/2021', 7], row + 2)
  table.row(['CNGGZ', 'EETLL', '13/02/2021', 7], 12_002)
  t.equal(Array.from(table.finish()).length, 2)
})

t.test('the header again is one cause, and a title of labels and values is no header', async t => {
  const [header, price] = [['pol', 'pod', 'day', 'price'], ['CNGGZ', 'EETLL', '2021-01-31', 7]]
  t.same(readTable(header, price, header, price), { prices: [700, 700], codes: ['repeated_header'] })
  t.same(readTable(['Valid from', '01.02.2021', 'Valid to', '28.02.2021'], ['POL', 'CNGGZ', 'POD', 'EETLL'], header, price), { prices: [700], codes: [] })
  t.same(readTable(['POL', 'POD', '2021-01-31', '2021-02-01'], ['CNGGZ', 'EETLL', 7, 8]).codes.includes('unknown_column'), true, 'days as columns')
})
