import t from 'tap'
import { CauseCounter } from '../../../../lib/batch/report/causes.ts'

const error = (row: number, code: string, column: string | null = null) => (
  { row, column, value: `v${row}`, code, message: `${code} of ${row}`, original: `o${row}` }
)

t.test('errors by code and column, the most frequent first', async t => {
  const counter = new CauseCounter()
  counter.add(error(0, 'row_count'))
  for (let row = 1; row <= 30; row++) for (let twice = 0; twice < 2; twice++) counter.add({ ...error(row, 'malformed_price', 'price'), cell: `A!D${row}` })
  counter.add(error(7, 'malformed_day', 'day'))
  counter.add(error(8, 'malformed_day', 'valid_to'))
  t.equal(counter.errors, 63)
  t.strictSame(counter.causes(), [
    {
      code: 'malformed_price', column: 'price', count: 60, message: 'malformed_price of 1', rows: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      example: { row: 1, cell: 'A!D1', value: 'v1', original: 'o1' },
    },
    { code: 'row_count', column: null, count: 1, message: 'row_count of 0', rows: [], example: { row: 0, value: 'v0', original: 'o0' } },
    { code: 'malformed_day', column: 'day', count: 1, message: 'malformed_day of 7', rows: [7], example: { row: 7, value: 'v7', original: 'o7' } },
    { code: 'malformed_day', column: 'valid_to', count: 1, message: 'malformed_day of 8', rows: [8], example: { row: 8, value: 'v8', original: 'o8' } },
  ])
})

t.test('a file with another name of a column in each row: few groups, and each error is counted', async t => {
  const counter = new CauseCounter()
  for (let row = 1; row <= 10_000; row++) counter.add(error(row, row % 2 ? 'unknown_column' : 'repeated_column', `column ${row}`))
  const causes = counter.causes()
  t.equal(causes.length, 202)
  t.match(causes.slice(0, 2), [{ column: null, count: 4_900, rows: [201, 203] }, { column: null, count: 4_900, rows: [202, 204] }])
  t.equal(causes.reduce((sum, { count }) => sum + count, 0), 10_000)
})
