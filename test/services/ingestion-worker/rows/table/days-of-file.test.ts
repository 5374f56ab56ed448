import t from 'tap'
import { TableRows } from '../../../../../services/ingestion-worker/rows/table/table-rows.ts'
import type { Cell } from '../../../../../services/ingestion-worker/rows/table/cell.ts'
import { RowChecker } from '../../../../../services/ingestion-worker/rows/values/row-checker.ts'
import type { RowError } from '../../../../../services/ingestion-worker/rows/values/row-error.ts'
import { brief, read, rules } from '../../../../harness/read-rows.ts'

/** Reads the rows of a sheet: a day and a price each. Returns the number of prices, or the errors. */
function readSheet (...rows: Array<[day: Cell, price: Cell]>): number | string[] {
  const errors: RowError[] = []
  let prices = 0
  const table = new TableRows(new RowChecker(rules, { price: () => { prices++ }, error: error => errors.push(error) }), { maxDays: 366, epoch: 1900, cellAt: (row, column) => `S!${'ABCD'[column]}${row}` })
  table.row(['orig_code', 'dest_code', 'day', 'price'], 1)
  for (const [at, [day, price]] of rows.entries()) table.row(['CNGGZ', 'EETLL', day, price], at + 2)
  Array.from(table.finish())
  return errors.length > 0 ? errors.map(({ cell, code }) => `${cell} ${code}`) : prices
}

t.test('typed days beside texts: refused if a program may have exchanged day and month', async t => {
  t.same(readSheet(['31/01/2021', 1], [{ serial: 44198 }, 2], ['13/02/2021', 3]), ['S!C3 contradicting_days'])
  t.same(readSheet([44198, 2], ['31/01/2021', 1]), ['S!C2 contradicting_days'])
  t.same(readSheet(['31/01/2021', 1], [{ serial: 44198 }, 2], [{ serial: 44220 }, 3]), ['S!C3 contradicting_days'], 'beside a typed day after the twelfth')
  t.same(readSheet(['31/01/2021', 1], [{ serial: 44220 }, 3]), 2, 'a typed day after the twelfth alone')
  t.same(readSheet([{ serial: 44198 }, 2], ['2021-01-31', 1]), 2, 'a text with the year first')
  t.same(readSheet([{ serial: 44198 }, 2], ['31/01/2021 00:00:00.000', 1]), ['S!C2 contradicting_days'], 'the point of a time is not the one of a day')
  t.same(readSheet([{ serial: 44198 }, 2], ['31.01.2021', 1]), 2, 'a text with points')
})

t.test('first days of a validity that a program may have exchanged, and last ones that it left as text', async t => {
  const errors: RowError[] = []
  const table = new TableRows(new RowChecker(rules, { price () {}, error: error => errors.push(error) }), { maxDays: 366, epoch: 1900 })
  for (const [at, row] of [['pol', 'pod', 'valid from', 'valid to', 'rate'], ['CNGGZ', 'EETLL', { serial: 44198 }, '28/02/2021', 5]].entries()) table.row(row as Cell[], at + 1)
  Array.from(table.finish())
  t.match(errors, [{ code: 'contradicting_days', row: 1, column: 'valid_from', value: '2021-01-02' }])
})

t.test('a date is no price', async t => {
  t.same(readSheet(['2021-01-31', { serial: 44317 }]), ['S!D2 date_as_price'])
})

t.test('days with the year last have one separator', async t => {
  const file = (...days: string[]): string => `pol,pod,date,price\n${days.map(day => `CNGGZ,EETLL,${day},1\n`).join('')}`
  t.same(brief(read('csv', file('01.02.2021', '13/02/2021')).errors), ['2 day contradicting_days 13/02/2021'])
  t.same(brief(read('csv', file('01/31/2021', '01.02.2021')).errors), ['2 day contradicting_days 01.02.2021'])
  t.same(readSheet(['31/01/2021', 1], ['01.02.2021', 1]), ['S!C3 contradicting_days'])
})
