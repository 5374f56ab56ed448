import t from 'tap'
import { reportedCells } from '../../../../../services/ingestion-worker/rows/table/reported-cells.ts'
import { TableRows, type TableOptions } from '../../../../../services/ingestion-worker/rows/table/table-rows.ts'
import type { Cell } from '../../../../../services/ingestion-worker/rows/table/cell.ts'
import { RowChecker } from '../../../../../services/ingestion-worker/rows/values/row-checker.ts'
import type { RowError } from '../../../../../services/ingestion-worker/rows/values/row-error.ts'
import { rules } from '../../../../harness/read-rows.ts'

t.test('the cells of a row, as their file has them', async t => {
  const cells: Cell[] = ['=1', null, 44_227, 44_227, { day: 18_658 }, { cents: 1050 }, { fault: 'cell_error', text: '#N/A' }, 1e9]
  t.strictSame(reportedCells(cells, { day: 2, price: 3 }, 1900), ['=1', null, { day: '2021-01-31' }, 44_227, { day: '2021-01-31' }, 10.5, '#N/A', 1e9])
  t.strictSame(reportedCells([42_765, 1e9], { valid_from: 0, valid_to: 1 }, 1904), [{ day: '2021-01-31' }, 1e9], 'the epoch of the book')
})

t.test('at most 50 cells, 200 characters in each, and 1,000 in all', async t => {
  const cells = reportedCells(Array.from({ length: 200 }, () => 'é'.repeat(32_767)), {}, null)
  t.equal(cells.length, 50)
  t.same(cells.map(cell => (cell as string).length).slice(0, 7), [200, 200, 200, 200, 200, 0, 0])
})

t.test('the errors of a workbook have the cells of their row once, other tables none', async t => {
  const read = (options: Partial<TableOptions>): RowError[] => {
    const errors: RowError[] = []
    const table = new TableRows(new RowChecker(rules, { price () {}, error: error => errors.push(error) }), { maxDays: 366, ...options })
    table.row(['POL', 'POD', 'Date', 'O/F', ''], 1)
    table.row(['x', 'y', null, -1], 2)
    table.row(['CNGGZ', 'EETLL', '02/01/2021', '5.000'], 3)
    table.row(['CNGGZ', 'EETLL', '2021-01-05', 5, 'note'], 4)
    Array.from(table.finish())
    return errors
  }
  const errors = read({ cellAt: (row, column) => `A!${'ABCDE'[column]}${row}` })
  t.same(errors.map(({ row, cell, cells }) => [row, cell, cells?.length]), [
    [2, 'A!A2', 4], [2, 'A!B2', undefined], [2, 'A!C2', undefined], [2, 'A!D2', undefined], [4, 'A!E4', 5], [3, 'A!C3', 4], [3, 'A!D3', undefined],
  ])
  t.ok(read({}).every(({ cells }) => cells === undefined))
})
