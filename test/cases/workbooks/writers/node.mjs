// Workbooks by exceljs, write-excel-file and SheetJS (@e965/xlsx). The first argument is the folder to write to.
import ExcelJS from 'exceljs'
import writeExcelFile from 'write-excel-file/node'
import * as SheetJS from '@e965/xlsx'
import { writeFileSync } from 'node:fs'

process.chdir(process.argv[2])
const header = ['orig_code', 'dest_code', 'day', 'price']
const day = text => new Date(`${text}T00:00:00Z`)
const rows = [['CNGGZ', 'EETLL', day('2021-01-31'), 1154.1], ['CNSGH', 'EETLL', day('2021-02-01'), 980]]

const book = new ExcelJS.Workbook()
const sheet = book.addWorksheet('Rates')
sheet.addRows([header, ...rows])
sheet.getCell('A2').value = { richText: [{ text: 'CN' }, { text: 'GGZ', font: { bold: true } }] }
sheet.getCell('C3').value = { formula: 'C2+1', result: day('2021-02-01') }
sheet.getCell('D3').value = { formula: 'NA()', result: { error: '#N/A' } }
await book.xlsx.writeFile('exceljs.xlsx')

const stream = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: 'exceljs-stream.xlsx', useSharedStrings: true })
const streamed = stream.addWorksheet('Rates')
for (const row of [header, ...rows]) streamed.addRow(row).commit()
await stream.commit()

const cells = [header, ...rows].map(row => row.map(value => value instanceof Date ? { value, type: Date, format: 'yyyy-mm-dd' } : { value, type: typeof value === 'number' ? Number : String }))
await writeExcelFile(cells, { sheet: 'Rates', dateFormat: 'yyyy-mm-dd' }).toFile('write-excel-file.xlsx')

const table = SheetJS.utils.aoa_to_sheet([header, ['CNGGZ', 'EETLL', 44227, 1154.1], ['CNSGH', 'EETLL', 44228, 980]])
const small = SheetJS.utils.book_new(table, 'Rates')
for (const type of ['xlsx', 'xlsb', 'xls', 'biff2', 'biff5', 'ods', 'fods', 'xlml', 'html']) {
  const extension = { biff2: 'xls', biff5: 'xls', xlml: 'xml', html: 'xls' }[type] ?? type
  writeFileSync(`sheetjs-${type}.${extension}`, SheetJS.write(small, { bookType: type, type: 'buffer', compression: true }))
}
