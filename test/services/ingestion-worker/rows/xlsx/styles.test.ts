import t from 'tap'
import { shownAs } from '../../../../../services/ingestion-worker/rows/xlsx/styles.ts'
import { bookFile, changed, readBook } from './book.ts'

t.test('formats that show a date', async t => {
  for (const code of ['yyyy-mm-dd', 'dd.mm.yyyy', 'd/m', '[$-409]mmmm\\ yyyy;@', 'mm/dd/yy hh:mm', 'h:mm', '[h]:mm:ss', '[mm]:ss', 'yyyy"年"m"月"', 'mmmm', 'dd', '0'.repeat(256)]) t.ok(shownAs(code) === 'date', code)
  for (const code of ['General', '0.00', '#,##0.00', '"S/" #,##0.00', '"Din." 0.00', '[$Din.-241A]#,##0.00', '0.00\\ \\m³', '0\\ \\d', '0 "days"', '_D_M0.00', '0.00E+00']) {
    t.notOk(shownAs(code) === 'date', code)
  }
})

t.test('formats that show another currency', async t => {
  for (const code of ['#,##0.00 [$€-407]', '[$EUR] 0.00', '0.00 "EUR"', '_-* #,##0.00 "€"_-', '£0', '[$CA$-409]0.00']) t.equal(shownAs(code), 'other currency', code)
  for (const code of ['[$$-409]#,##0.00', '[$USD] 0.00', '"US$" 0.00', '[$US$-409]0.00', '$#,##0', '[$-409]0.00']) t.equal(shownAs(code), null, code)
})

t.test('a number that is shown as a date is marked, built-in format or not', async t => {
  const styles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd.mm.yyyy"/></numFmts>
    <cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="16"/><xf numFmtId="164"/><xf numFmtId="2"/></cellXfs></styleSheet>`
  const rows = [0, 1, 2, 3, 9].map((style, at) => `<row r="${at + 1}"><c r="A${at + 1}" s="${style}"><v>44317</v></c></row>`).join('')
  const book = changed(bookFile('openpyxl.xlsx'), {
    'xl/styles.xml': () => styles,
    'xl/worksheets/sheet1.xml': () => `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows}</sheetData></worksheet>`,
  })
  t.same(Object.values((await readBook(book)).rows), [[44317], [{ serial: 44317 }], [{ serial: 44317 }], [44317], [44317]])
})
