import t from 'tap'
import { parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'
import type { Cell } from '../../../../../services/ingestion-worker/rows/table/cell.ts'
import { bookFile, readBook, refusal } from './book.ts'

const header = ['orig_code', 'dest_code', 'day', 'price']
const rows: Cell[][] = [header, ['CNGGZ', 'EETLL', 44227, 1154.1], ['CNSGH', 'EETLL', 44228, 980]]
const fault = (fault: string, text = ''): Cell => ({ fault, text }) as Cell
const values = (read: { rows: Record<string, Cell[]> }): Cell[][] => Object.values(read.rows)

t.test('every writer: the values as written, days as numbers, in any form of ZIP, text and format', async t => {
  for (const name of [
    'openpyxl', // texts in the cells, absolute targets, sheets before the workbook
    'openpyxl-write-only', 'excelize-stream', 'exceljs-stream', 'write-excel-file', // no dimension
    'excelize', 'fastexcel', // dimension A1
    'poi-sxssf', // descriptors of 24 bytes
    'poi-xssf', // descriptors of 16 bytes, whole numbers as 980.0
    'xlsxwriter-zip64',
    'xlsxwriter', 'xlsxwriter-constant-memory', 'xlsxwriter-unformatted-days',
    'pandas-openpyxl', 'pandas-xlsxwriter', 'polars', 'sheetjs-xlsx',
    'gnumeric', // white space between the shared texts
    'xlsxwriter-cubic-metres', 'xlsxwriter-days-format', 'xlsxwriter-soles', 'xlsxwriter-dinars', // formats that look like a day
  ]) {
    const read = await readBook(bookFile(`${name}.xlsx`))
    t.same(values(read), rows, name)
    t.equal(read.sheet.serialEpoch, 1900, name)
  }
})

t.test('a workbook of the 1904 system says so', async t => {
  for (const name of ['xlsxwriter-1904.xlsx', 'perl-1904.xlsx']) {
    const read = await readBook(bookFile(name))
    t.equal(read.sheet.serialEpoch, 1904)
    t.same(values(read)[1], ['CNGGZ', 'EETLL', 44227 - 1462, 1154.1])
  }
})

t.test('days in ISO 8601 are days, and a time on one is a fault', async t => {
  t.same(values(await readBook(bookFile('openpyxl-iso-dates.xlsx'))).map(([, , day]) => day), [
    'day', { day: parseDay('2021-01-31') }, { day: parseDay('2021-02-01') }, { day: parseDay('2021-02-02') }, fault('not_midnight', '2021-02-03T14:30:00'),
  ])
})

t.test('texts of several formats are whole, untrimmed, and without escapes', async t => {
  t.same(values(await readBook(bookFile('openpyxl-rich-text.xlsx')))[2], ['CNSGH', ' EETLL\r\n', 44228, 980])
  t.same(values(await readBook(bookFile('xlsxwriter-texts.xlsx')))[1], ['CNGGZ', 'EETLL\r', '2021-01-31', 'a _x000D_ & <b> "é" 上'])
})

t.test('LibreOffice from CSV: a day column has numbers and texts', async t => {
  t.same(values(await readBook(bookFile('libreoffice.xlsx'))).slice(1), [['CNGGZ', 'EETLL', 44227, 1154.1], ['CNSGH', 'EETLL', '01/02/2021', 1000]])
})

t.test('formulas by their computed value; what was never computed, and an error, is a fault', async t => {
  t.same(values(await readBook(bookFile('libreoffice-formulas.xlsx'))).slice(1), [
    ['CNGGZ', 'EETLL', 44227, 1154.1], ['CNGGZ', null, 44228, fault('cell_error', '#N/A')],
  ])
  t.same(values(await readBook(bookFile('exceljs.xlsx'))).slice(1), [
    ['CNGGZ', 'EETLL', 44227, 1154.1], ['CNSGH', 'EETLL', 44228, fault('cell_error', '#N/A')],
  ])
  const missing = fault('formula_not_computed')
  t.same(values(await readBook(bookFile('openpyxl-formulas.xlsx'))).slice(1), [['CNGGZ', 'EETLL', 44227, missing], [missing, 'EETLL', missing, missing]])
  t.same(values(await readBook(bookFile('xlsxwriter-formulas.xlsx'))).slice(2), [
    ['CNSGH', 'EETLL', fault('formula_not_computed', '0'), 980], ['CNGGZ', missing, fault('cell_error', '#N/A'), 0],
  ], 'the 0 that XlsxWriter writes for each formula is no value')
})

t.test('merged cells: the rows below have the value too, the columns beside do not', async t => {
  for (const name of ['openpyxl-merged.xlsx', 'libreoffice-merged.xlsx']) {
    const { rows, summary } = await readBook(bookFile(name))
    t.same(Object.values(rows), [
      ['Rates of 2021'], header, ['CNGGZ', null, 44227, 1154.1], ['CNSGH', 'EETLL', 44228, 980],
      ['NLRTM', 'EETLL', 44227, 1], ['NLRTM', 'EETLL', 44228, 2], ['NLRTM', 'DEHAM', 44227, 3],
    ], name)
    t.equal(summary.filledCells, 2)
  }
  t.same(values(await readBook(bookFile('pandas-index.xlsx'))), [
    header, ['CNGGZ', 'EETLL', 44227, 1154.1], ['CNGGZ', 'EETLL', 44228, 1160.5], ['CNSGH', 'EETLL', 44228, 980],
  ])
})

t.test('hidden sheets, rows and columns are not read, and that is said', async t => {
  const { rows, sheet, summary } = await readBook(bookFile('openpyxl-hidden.xlsx'))
  t.same(rows, {
    "'Rates 2021'!A1": ['orig_code', 'dest_code', null, 'day', 'price'],
    "'Rates 2021'!A2": ['CNGGZ', 'EETLL', null, 44227, 1154.1],
    "'Rates 2021'!A4": ['CNSGH', 'EETLL', null, 44228, 970],
  })
  t.same(sheet.skippedSheets, [{ name: 'Secret', why: 'hidden' }, { name: 'Old', why: 'hidden' }])
  t.same(summary, { rows: 3, hiddenRows: 1, hiddenColumns: ['C'], filledCells: 0 })
  t.equal(sheet.placeOf(17, 27), "'Rates 2021'!AB17")
  t.match((await readBook(bookFile('xlsxwriter-filtered.xlsx'))).summary, { rows: 2, hiddenRows: 1 }, 'rows that a filter hides')
  t.equal(await refusal(bookFile('openpyxl-hidden.xlsx'), { sheet: 'Old' }), 'sheet_not_read "Old"')
})

t.test('the sheet: by its name, or the only one with the header', async t => {
  const several = await readBook(bookFile('openpyxl-several-sheets.xlsx'))
  t.equal(several.sheet.name, 'Rates')
  t.same(several.sheet.skippedSheets, [{ name: 'Cover', why: 'other' }, { name: 'Chart', why: 'chart' }])
  t.same(values(several), rows)
  const two = bookFile('openpyxl-two-tables.xlsx')
  t.equal(await refusal(two), 'several_sheets "Rates", "Rates old"')
  t.equal((await readBook(two, { sheet: 'rates OLD' })).sheet.name, 'Rates old')
  t.equal(await refusal(two, { sheet: 'Prices' }), 'no_such_sheet "Prices": the workbook has "Rates", "Rates old"')
  t.equal(await refusal(bookFile('openpyxl-several-sheets.xlsx'), { sheet: 'Chart' }), 'sheet_not_read "Chart"')
  t.equal(await refusal(bookFile('openpyxl-several-sheets.xlsx'), { limits: { maxColumns: 3, maxHeaderRows: 0 } }), 'no_sheet_with_header "Cover", "Rates"')
})

t.test('a table below empty rows, with an empty column, a total, and formatted rows up to the last one', async t => {
  t.same((await readBook(bookFile('xlsxwriter-table.xlsx'))).rows, {
    'Rates!A3': [null, ...header], 'Rates!A4': [null, ...rows[1]!], 'Rates!A5': [null, ...rows[2]!], 'Rates!A6': [null, 'Total', null, null, 2134.1],
  })
  t.same(Object.keys((await readBook(bookFile('xlsxwriter-empty-rows.xlsx'))).rows), ['Rates!A1', 'Rates!A2', 'Rates!A3', 'Rates!A61'])
})

t.test('other workbooks are refused as what they are', async t => {
  for (const [name, code] of Object.entries({
    'xlsxwriter-charts-alone.xlsx': 'no_worksheet',
    'xlsxwriter-macros.xlsm': 'macro_workbook',
    'msoffcrypto-encrypted.xlsx': 'encrypted_workbook',
    'sheetjs-xlsb.xlsb': 'xlsb_workbook',
    'sheetjs-xls.xls': 'xls_workbook',
    'sheetjs-biff2.xls': 'xls_workbook',
    'sheetjs-biff5.xls': 'xls_workbook',
    'xlwt.xls': 'xls_workbook',
    'pandas-html.xls': 'not_a_workbook a web page (HTML)',
    'sheetjs-html.xls': 'not_a_workbook a web page (HTML)',
    'sheetjs-xlml.xml': 'not_a_workbook an XML file',
    'sheetjs-ods.ods': 'not_a_workbook a text document or a presentation',
    'sheetjs-fods.fods': 'not_a_workbook an XML file',
    'libreoffice.ods': 'not_a_workbook an OpenDocument spreadsheet (ODS)',
  })) t.equal(await refusal(bookFile(name)), code, name)
})
