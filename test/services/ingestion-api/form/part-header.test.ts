import t from 'tap'
import { shownFileName } from '../../../../services/ingestion-api/form/file-name.ts'
import { parsePartHeader } from '../../../../services/ingestion-api/form/part-header.ts'

const parse = (...lines: string[]) => parsePartHeader(Buffer.from(lines.join('\r\n')))

t.test('headers that clients send', async t => {
  t.match(parse('Content-Disposition: form-data; name="file"; filename="prices.csv"', 'Content-Type: text/csv; charset=windows-1252'), {
    name: 'file', fileName: 'prices.csv', type: 'text/csv; charset=windows-1252',
  })
  t.match(parse('content-disposition:form-data;name=file;filename=prices.csv', 'CONTENT-ENCODING: gzip'), { name: 'file', fileName: 'prices.csv', encoding: 'gzip' })
  t.match(parse('Content-Disposition: form-data; name="file"; filename="a; filename=b \\"c\\" %22d%22.csv"'), { fileName: 'a; filename=b "c" "d".csv' }, 'quotes')
  t.match(parse('Content-Disposition: form-data; name="file"; filename="Göteborg 🚢.xlsx"'), { fileName: 'Göteborg 🚢.xlsx' })
  t.match(parse('Content-Disposition: form-data; name="file"; filename*=utf-8\'\'G%C3%B6teborg%20%F0%9F%9A%A2.xlsx'), { fileName: 'Göteborg 🚢.xlsx' }, 'Python')
  t.match(parse('Content-Disposition: form-data; name="file"; filename="_.csv"; filename*=utf-8\'\'%'), { fileName: '_.csv' })
  t.match(parse('Content-Disposition: form-data; name="file"; filename="C:\\prices\\a.csv"'), { fileName: 'C:\\prices\\a.csv' }, 'a path of Windows')
  t.match(parse('Content-Disposition: form-data; name="file"; filename=""'), { fileName: '' })
  t.equal(parse('Content-Disposition: form-data; name="rows"').fileName, undefined)
  t.equal(parse('Content-Disposition: form-data; name="__proto__"').name, '__proto__')
})

t.test('a part that cannot be assigned is refused, not skipped', async t => {
  for (const lines of [
    [''], ['Content-Type: text/csv'], ['Content-Disposition: attachment; name="file"'], ['Content-Disposition: form-data'], ['Content-Disposition: form-data; filename="x"'],
    ['Content-Dispositio'], ['Content-Disposition: form-data; name="file"', 'Content-Encodin'], [' Content-Disposition: form-data; name="file"'], ['Content-Disposition : form-data; name="file"'], ['Content-Disposition: form-data;', ' name="file"'],
    ['Content-Disposition: form-data; name="file"', 'Content-Disposition: form-data; name="rows"'], ['Content-Disposition: form-data; name="fi\nle"'],
  ]) t.throws(() => parse(...lines), { code: 'malformed-body' }, JSON.stringify(lines))
})

t.test('the name of a file is shown without its folder and what would deceive a reader', async t => {
  const cases: Array<[string | undefined, string | undefined]> = [
    ['prices.csv', 'prices.csv'], ['C:\\Users\\me\\prices.csv', 'prices.csv'], ['/home/me/../prices.csv', 'prices.csv'], ['Göteborg 🚢.xlsx', 'Göteborg 🚢.xlsx'],
    ['a\u202Evsc.exe', 'avsc.exe'], ['a\u0000\u001B[31mb\u2028c\u200B.csv', 'a[31mbc.csv'], ['\uD800.csv', '.csv'], ['', undefined], ['dir/', undefined], [undefined, undefined],
    ['  x  ', 'x'], ['🚢'.repeat(300), '🚢'.repeat(200)],
  ]
  t.same(cases.map(([given]) => shownFileName(given)), cases.map(([, shown]) => shown))
})
