import t from 'tap'
import { TableRows } from '../../../../../services/ingestion-worker/rows/table/table-rows.ts'
import { RowChecker } from '../../../../../services/ingestion-worker/rows/values/row-checker.ts'
import type { RowErrorCode } from '../../../../../services/ingestion-worker/rows/values/row-error.ts'
import { rules } from '../../../../harness/read-rows.ts'

function readTable (...table: Array<Array<string | number | null>>): { prices: number[], codes: RowErrorCode[] } {
  const result: ReturnType<typeof readTable> = { prices: [], codes: [] }
  const checker = new RowChecker(rules, {
    price: (_orig, _dest, _day, cents) => result.prices.push(cents),
    error: ({ code }) => result.codes.push(code),
  })
  const rows = new TableRows(checker, { maxDays: 366 })
  for (const [at, cells] of table.entries()) rows.row(cells, at + 1)
  rows.end()
  return result
}

t.test('the index of a data frame may stand beside another column without a name', async t => {
  const header = [null, null, 'pol', 'pod', 'day', 'price']
  t.same(readTable(header, [0, null, 'CNGGZ', 'EETLL', '2021-01-31', 7], [1, null, 'CNGGZ', 'EETLL', '2021-01-31', 8]), { prices: [700, 800], codes: [] })
  t.same(readTable(header, [0, null, 'CNGGZ', 'EETLL', '2021-01-31', 7], [2, null, 'CNGGZ', 'EETLL', '2021-01-31', 8]), { prices: [700], codes: ['value_without_column'] })
  t.same(readTable(header, [0, 'x', 'CNGGZ', 'EETLL', '2021-01-31', 7]), { prices: [], codes: ['value_without_column'] })
})
