import { PassThrough, pipeline, type Readable } from 'node:stream'
import type { Causes } from '../../../../lib/batch/report/causes.ts'
import { causeViews } from '../by-cause.ts'
import { badRows } from './bad-rows.ts'
import { headRow, rowXml, sheet, styles } from './sheet.ts'
import { zip, type ZipFile } from './zip.ts'

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packages = 'http://schemas.openxmlformats.org/package/2006'
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

const parts: ZipFile[] = Object.entries({
  '[Content_Types].xml': `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
    Object.entries({ workbook: 'sheet.main', styles: 'styles', 'worksheets/sheet1': 'worksheet', 'worksheets/sheet2': 'worksheet' })
      .map(([part, type]) => `<Override PartName="/xl/${part}.xml" ContentType="${types}.${type}+xml"/>`).join('') + '</Types>',
  '_rels/.rels': `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${relationships}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets><sheet name="Causes" sheetId="1" r:id="rId1"/>` +
    '<sheet name="Rows" sheetId="2" r:id="rId2"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${packages}/relationships">` +
    ['worksheet" Target="worksheets/sheet1.xml', 'worksheet" Target="worksheets/sheet2.xml', 'styles" Target="styles.xml']
      .map((type, at) => `<Relationship Id="rId${at + 1}" Type="${relationships}/${type}"/>`).join('') + '</Relationships>',
  'xl/styles.xml': styles,
}).map(([name, xml]) => ({ name, content: [declaration + xml] }))

/**
 * Converts the report of a workbook to a workbook (XLSX) as a stream: a sheet with the causes, and one with the bad rows. An error or a close of one
 * stream closes the other.
 */
export function toWorkbook (report: Readable, causes: Causes): Readable {
  return pipeline(report, source => zip([
    ...parts,
    { name: 'xl/worksheets/sheet1.xml', content: sheet([10, 60, 60, 14, 20, 24, 30], causeRows(causes)) },
    { name: 'xl/worksheets/sheet2.xml', content: sheet([8, 60, ...(causes.header ?? []).map(() => 14)], rows(source, causes.header ?? [])) },
  ]), new PassThrough(), () => {})
}

function * causeRows (causes: Causes): Generator<string> {
  yield headRow(['count', 'cause', 'what to do', 'column', 'code', 'first rows', 'example'])
  for (const { count, message, advice, column, code, rows, example: { cell, value } } of causeViews(causes)) {
    const example = [cell, value].filter(text => typeof text === 'string').join(': ')
    yield rowXml([count, message, advice, column, code, rows.join(', ') || null, example || null].map(value => ({ value })))
  }
}

async function * rows (report: Readable, header: readonly string[]): AsyncGenerator<string> {
  yield headRow(['row', 'cause', ...header])
  yield * badRows(report)
}
