import type { ReportedCell } from '../../../../lib/batch/report/reported-error.ts'

/** Formats of cells, in the order of `cellXfs` in {@link styles}. A text format keeps what begins with = a text when a person edits it. */
const formats = { plain: 0, text: 1, day: 2, head: 3, badPlain: 4, badText: 5, badDay: 6 } as const

/** A cell to write. `isBad`: it is marked. */
export type SheetCell = { value: ReportedCell, isBad?: boolean, isHead?: boolean }

export const styles = '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
  '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>' +
  '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
  '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>' +
  '<fill><patternFill patternType="solid"><fgColor rgb="FFFFC7CE"/><bgColor indexed="64"/></patternFill></fill></fills>' +
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
  `<cellXfs count="7">${[[0, 0, 0], [49, 0, 0], [164, 0, 0], [49, 1, 0], [0, 0, 2], [49, 0, 2], [164, 0, 2]].map(([format, font, fill]) =>
    `<xf numFmtId="${format}" fontId="${font}" fillId="${fill}" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/>`).join('')}</cellXfs>` +
  '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'

/** Yields the XML of a sheet whose first row stays in view. `widths` are those of its first columns, in characters. */
export async function * sheet (widths: readonly number[], rows: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  yield '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
    `<cols>${widths.map((width, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`).join('')}</cols><sheetData>`
  yield * rows
  yield '</sheetData></worksheet>'
}

/** Returns the XML of a row. Its number is that of the row before and one. */
export const rowXml = (cells: readonly SheetCell[]): string => `<row>${cells.map(cellXml).join('')}</row>`

export const headRow = (names: readonly string[]): string => rowXml(names.map(value => ({ value, isHead: true })))

function cellXml ({ value, isBad = false, isHead = false }: SheetCell): string {
  if (value === null) return isBad ? `<c s="${formats.badText}"/>` : '<c/>'
  if (typeof value === 'number') return `<c s="${isBad ? formats.badPlain : formats.plain}"><v>${value}</v></c>`
  if (typeof value === 'object') {
    const serial = Date.parse(value.day) / 86_400_000 + 25_569
    return serial < firstSerial ? cellXml({ value: value.day, isBad }) : `<c s="${isBad ? formats.badDay : formats.day}"><v>${serial}</v></c>`
  }
  const format = isHead ? formats.head : isBad ? formats.badText : formats.text
  return `<c s="${format}" t="inlineStr"><is><t xml:space="preserve">${textXml(value)}</t></is></c>`
}

/** Serial number of 1900-03-01. Those before it count a day that there was not. */
const firstSerial = 61

const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
// eslint-disable-next-line no-control-regex -- these are the characters that XML does not allow
const forbidden = /[\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-f]{4}_)/gi

/** Returns a text for XML. A workbook escapes the characters that XML does not allow as `_x0000_`. */
export const textXml = (text: string): string => text.toWellFormed()
  .replace(forbidden, character => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
  .replace(/[&<>]/g, sign => names[sign]!)
