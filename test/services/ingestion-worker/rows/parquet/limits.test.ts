import t from 'tap'
import type { ParquetLimits } from '../../../../../services/ingestion-worker/rows/parquet/limits.ts'
import { craftFile, dataPage } from './craft-file.ts'
import { limits, parquetFile, readTable } from './read-file.ts'

t.test('each limit of a file', async t => {
  const file = parquetFile('pyarrow-plain-1')
  const cases: Array<[Partial<ParquetLimits>, string]> = [
    [{ maxBytes: file.length - 1 }, 'file_too_large'],
    [{ maxFooterBytes: 100 }, 'footer_too_large'],
    [{ maxRows: 599 }, 'too_many_rows'],
    [{ maxColumns: 3 }, 'too_many_columns'],
    [{ maxPageBytes: 600 }, 'page_too_large'],
    [{ maxRowGroupBytes: 10_000 }, 'row_group_too_large'],
    [{ maxDecodedBytes: 10_000 }, 'too_large'],
  ]
  for (const [changed, code] of cases) await t.rejects(readTable(file, { limits: { ...limits, ...changed } }), { code }, code)
  const exact = { maxBytes: file.length, maxRows: 600, maxColumns: 4, maxRowGroupBytes: 30_000 }
  t.equal((await readTable(file, { limits: { ...limits, ...exact } })).rows.length, 600)
})

t.test('a row group counts alone, and its unwanted columns do not count', async t => {
  const file = parquetFile('pyarrow-groups')
  const small = { ...limits, maxRowGroupBytes: 35_000 } // more than one of the four row groups, less than two
  t.equal((await readTable(file, { limits: small })).rows.length, 600)
  const one = { ...limits, maxRowGroupBytes: 15_000 }
  await t.rejects(readTable(file, { limits: one }), { code: 'row_group_too_large' })
  t.equal((await readTable(file, { limits: one, columns: () => ['orig_code'] })).rows.length, 600)
})

t.test('too many rows are refused before any is read', async t => {
  const file = parquetFile('polars')
  let called = false
  const columns = (names: string[]) => { called = true; return names }
  await t.rejects(readTable(file, { limits: { ...limits, maxRows: 599 }, columns }), { code: 'too_many_rows', detail: '599' })
  t.notOk(called)
})

t.test('the footer cannot hide rows: they are counted as they are read', async t => {
  const page = dataPage(2, 0, Buffer.alloc(8))
  t.equal((await readTable(craftFile({ rows: 2, pages: [page] }))).rows.length, 2)
  await t.rejects(readTable(craftFile({ rows: 2, pages: [page], footer: { 3: 1 } })), { code: 'not_parquet', detail: /more rows/ })
  await t.rejects(readTable(craftFile({ rows: 2, pages: [page], footer: { 3: 3 } })), { code: 'not_parquet', detail: /fewer rows/ })
})

t.test('row groups cannot share bytes', async t => {
  const file = craftFile({ rows: 1, groups: 2, pages: [dataPage(1, 0, Buffer.alloc(4))] })
  await t.rejects(readTable(file), { code: 'not_parquet', detail: ': a column has no place of its own in the file' })
})
