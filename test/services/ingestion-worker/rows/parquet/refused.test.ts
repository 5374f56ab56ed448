import t from 'tap'
import { parquetFile, readTable } from './read-file.ts'

const all = (names: string[]) => names

t.test('nested columns are refused by their name, if they are wanted', async t => {
  for (const name of ['nested-list', 'nested-struct']) {
    await t.rejects(readTable(parquetFile(name), { columns: all }), { code: 'parquet_nested', detail: '"fees"' })
    const { header, rows } = await readTable(parquetFile(name), { columns: names => names.filter(name => name !== 'fees') })
    t.strictSame(header, ['orig_code', 'dest_code', 'day', 'price', 'fees'])
    t.equal(rows.length, 3)
    t.strictSame(rows[2]!.slice(3), [258.38, null])
  }
})

t.test('encrypted files are refused, with and without a plain footer', async t => {
  for (const name of ['encrypted', 'encrypted-columns']) await t.rejects(readTable(parquetFile(name)), { code: 'parquet_encrypted' })
  await t.rejects(readTable(parquetFile('encrypted-columns'), { columns: () => ['day'] }), { code: 'parquet_encrypted' })
})

t.test('a file without rows has a header alone', async t => {
  for (const name of ['no-rows', 'metadata-alone']) {
    const { header, rows } = await readTable(parquetFile(name))
    t.strictSame(header, ['orig_code', 'dest_code', 'day', 'price'], name)
    t.strictSame(rows, [], name)
  }
})

t.test('other files are not Parquet', async t => {
  const file = parquetFile('polars')
  const cases: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    text: Buffer.from('orig_code,dest_code,day,price\nCNGGZ,EETLL,2026-01-02,1180.50\n'),
    'magic alone': Buffer.from('PAR1'),
    'magic twice': Buffer.from('PAR1PAR1'),
    'no footer': Buffer.from('PAR1\0\0\0\0PAR1'),
    'a footer longer than the file': Buffer.from('PAR1\xff\xff\xff\x7fPAR1', 'latin1'),
    'cut at its end': file.subarray(0, -1),
    'cut at its beginning': file.subarray(100),
    'cut in its middle': Buffer.concat([file.subarray(0, 500), file.subarray(700)]),
  }
  for (const [name, content] of Object.entries(cases)) await t.rejects(readTable(content), { code: 'not_parquet' }, name)
})

t.test('the checksum of a page is compared', async t => {
  const file = parquetFile('pyarrow-checksum')
  const at = file.indexOf('SGSIN')
  t.ok(at > 0 && at < 500)
  file[at + 4] = 'X'.charCodeAt(0)
  await t.rejects(readTable(file), { code: 'not_parquet', detail: ': the checksum of a page is wrong' })
})
