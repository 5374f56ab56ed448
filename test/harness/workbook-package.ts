import { strToU8, type Zippable } from 'fflate'

/** What a workbook has beside the list. None of it is to be read. */
export type Other = 'hidden rows' | 'hidden column' | 'hidden list' | 'notes' | 'chart'

export const escapedXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
export const preservedXml = (text: string): string => `<t xml:space="preserve">${escapedXml(text)}</t>`

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packageRelations = 'http://schemas.openxmlformats.org/package/2006/relationships'
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

type Sheet = { name: string, state?: string, xml: string, kind?: string }

export type Content = {
  /** XML of the rows, and the texts that they share. */
  rows: string[]
  shared: string[]
  /** Number of the hidden column, from 1. */
  hiddenColumn: number | null
  epoch: 1900 | 1904
  others: readonly Other[]
}

/** Returns the files of a workbook. */
export function packageParts ({ rows, shared, hiddenColumn, epoch, others }: Content): Zippable {
  const sheet = (rows: string[], columns = ''): string => `${head}<worksheet xmlns="${main}"><dimension ref="A1"/>${columns}<sheetData>${rows.join('')}</sheetData></worksheet>`
  const row = (texts: string[]): string => `<row>${texts.map(text => `<c t="inlineStr"><is>${preservedXml(text)}</is></c>`).join('')}</row>`
  const list = [row(['orig_code', 'dest_code', 'day', 'price']), row(['CNGGZ', 'EETLL', '2021-01-31', '7'])]
  const columns = hiddenColumn === null ? '' : `<cols><col min="${hiddenColumn}" max="${hiddenColumn}" hidden="1"/></cols>`
  const sheets: Sheet[] = [
    ...(others.includes('notes') ? [{ name: 'Notes', xml: sheet([row(['All rates', 'subject to change'])]) }] : []),
    ...(others.includes('hidden list') ? [{ name: 'Old', state: 'hidden', xml: sheet(list) }] : []),
    { name: 'Rates & more', xml: sheet(rows, columns) },
    ...(others.includes('chart') ? [{ name: 'Chart', kind: 'chartsheet', xml: `${head}<chartsheet xmlns="${main}"/>` }] : []),
  ]
  const parts: Record<string, string> = {
    '[Content_Types].xml': `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
    '_rels/.rels': `${head}<Relationships xmlns="${packageRelations}"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${relations}"><workbookPr${epoch === 1904 ? ' date1904="1"' : ''}/><sheets>${sheets.map(({ name, state }, at) =>
      `<sheet name="${escapedXml(name)}" sheetId="${at + 1}"${state ? ` state="${state}"` : ''} r:id="rId${at + 1}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="${packageRelations}">${sheets.map(({ kind = 'worksheet' }, at) =>
      `<Relationship Id="rId${at + 1}" Type="${relations}/${kind}" Target="sheets/sheet${at + 1}.xml"/>`).join('')}<Relationship Id="rIdS" Type="${relations}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
    'xl/sharedStrings.xml': `${head}<sst xmlns="${main}">${shared.map(text => `<si>${preservedXml(text)}</si>`).join('')}</sst>`,
    ...Object.fromEntries(sheets.map(({ xml }, at) => [`xl/sheets/sheet${at + 1}.xml`, xml])),
  }
  return Object.fromEntries(Object.entries(parts).map(([name, xml]) => [name, strToU8(xml)]))
}
