import { readdirSync } from 'node:fs'
import t from 'tap'
import type { Cell } from '../../../../../services/ingestion-worker/rows/table/cell.ts'
import { expectedRows, parquetFile, readTable } from './read-file.ts'

const names = readdirSync(new URL('files/', import.meta.url)).map(name => name.replace('.parquet', ''))
const columns = ['orig_code', 'dest_code', 'day', 'price']

/** Returns the cents of a cell, if it has an exact cent. */
function cents (cell: Cell | undefined): Cell | undefined {
  if (typeof cell !== 'number') return cell && typeof cell === 'object' && 'cents' in cell ? cell.cents : cell
  const cents = Math.round(cell * 100)
  return cents / 100 === cell ? cents : cell
}

for (const name of names.filter(name => /^(pyarrow|pandas|polars|duckdb|fastparquet|spark)/.test(name))) {
  t.test(name, async t => {
    const { header, rows, summary } = await readTable(parquetFile(name))
    t.strictSame(header.filter(column => column !== '__index_level_0__' && column !== 'index'), columns)
    t.ok(rows.length === 60 || rows.length === 600)
    t.equal(summary.rows, rows.length)
    const hasNulls = name.includes('nulls')
    const expected = expectedRows(rows.length).map(({ orig, dest, day, cents }, row) => {
      return [orig, dest, { day }, cents].map((value, at) => hasNulls && row % 7 === at ? null : value)
    })
    const places = columns.map(column => header.indexOf(column))
    const found = rows.map(row => places.map((place, at) => at === 3 ? cents(row[place]) : row[place]))
    t.strictSame(found, expected)
  })
}

t.test('decimals and 32-bit floats become cents', async t => {
  for (const name of ['pyarrow-decimal-fixed', 'pyarrow-decimal-64', 'pyarrow-float', 'duckdb', 'spark3']) {
    const { rows } = await readTable(parquetFile(name))
    t.strictSame(rows[1]![3], { cents: 17_919 }, name)
  }
})

t.test('the program that wrote the file', async t => {
  const { summary } = await readTable(parquetFile('polars'))
  t.match(summary.createdBy, /^Polars /)
})

t.test('unwanted columns are not decoded', async t => {
  const { header, rows } = await readTable(parquetFile('polars'), { columns: () => ['price'] })
  t.strictSame(header, columns)
  t.strictSame(rows[0], [null, null, null, 100])
})

t.test('no row is read without wanted columns', async t => {
  const { header, rows } = await readTable(parquetFile('polars'), { columns: () => [] })
  t.strictSame(header, columns)
  t.strictSame(rows, [])
})
