import { strToU8, type Zippable } from 'fflate'
import type { Field } from './headers.ts'
import { chooser, partsOf, type Line } from './true-prices.ts'

/** What a workbook has beside the list. None of it is to be read. */
export type Other = 'hidden rows' | 'hidden column' | 'hidden list' | 'notes' | 'chart'

export type CellStyle = {
  epoch: 1900 | 1904
  texts: 'shared' | 'inline' | 'formula' | 'runs'
  /** Whether rows and cells have their place. */
  hasPlaces: boolean
  numbers: 'shortest' | 'double' | 'exponent' | 'formula'
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const preserved = (text: string): string => `<t xml:space="preserve">${escaped(text)}</t>`
export const columnLetter = (at: number): string => String.fromCharCode(65 + at)

/** A cell with a text, up to the end of its content. `{` stands for the element and its place. */
export function textXml (text: string, { texts }: CellStyle, shared: string[]): string {
  if (texts === 'inline') return `{t="inlineStr"><is>${preserved(text)}</is>`
  if (texts === 'runs') return `{t="inlineStr"><is><r>${preserved(text.slice(0, 2))}</r><r><rPr><b/></rPr>${preserved(text.slice(2))}</r></is>`
  if (texts === 'formula') return `{t="str"><f>"x"</f><v>${escaped(text)}</v>`
  const known = shared.indexOf(text)
  return `{t="s"><v>${known < 0 ? shared.push(text) - 1 : known}</v>`
}

/** A cell with a day or a price as a number, or with a day in ISO 8601. */
export function cellXml (field: Field, line: Line, isIso: boolean, { epoch, numbers }: CellStyle): string {
  const choose = chooser(line.noise ^ 0x0aaaaaaa)
  if (field === 'price') {
    const price = line.cents / 100
    const near = price + choose.one([0, 1, -1, 2, -2]) * 2 ** (Math.floor(Math.log2(price)) - 52)
    const text = numbers === 'exponent' ? price.toExponential() : numbers === 'double' ? near.toPrecision(17) : String(price)
    return numbers === 'formula' ? `{><f>B1*2</f><v>${text}</v>` : `{s="${choose.one([0, 1])}"><v>${text}</v>`
  }
  const day = field === 'valid_to' ? line.lastDay : line.day
  if (isIso) {
    const { year, month, day: ofMonth } = partsOf(day)
    return `{t="d"><v>${year}-${String(month).padStart(2, '0')}-${String(ofMonth).padStart(2, '0')}${choose.one(['', 'T00:00:00', 'T00:00:00.000'])}</v>`
  }
  return `{s="1"><v>${day + (epoch === 1900 ? 25_569 : 24_107)}${choose.one(['', '.0'])}</v>`
}

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
  const row = (texts: string[]): string => `<row>${texts.map(text => `<c t="inlineStr"><is>${preserved(text)}</is></c>`).join('')}</row>`
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
      `<sheet name="${escaped(name)}" sheetId="${at + 1}"${state ? ` state="${state}"` : ''} r:id="rId${at + 1}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="${packageRelations}">${sheets.map(({ kind = 'worksheet' }, at) =>
      `<Relationship Id="rId${at + 1}" Type="${relations}/${kind}" Target="sheets/sheet${at + 1}.xml"/>`).join('')}<Relationship Id="rIdS" Type="${relations}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
    'xl/sharedStrings.xml': `${head}<sst xmlns="${main}">${shared.map(text => `<si>${preserved(text)}</si>`).join('')}</sst>`,
    ...Object.fromEntries(sheets.map(({ xml }, at) => [`xl/sheets/sheet${at + 1}.xml`, xml])),
  }
  return Object.fromEntries(Object.entries(parts).map(([name, xml]) => [name, strToU8(xml)]))
}
