import { FileRefused } from '../file-refused.ts'
import type { Cell } from '../table/cell.ts'
import { columnLetters, readColumn } from './cell-place.ts'
import { cellValue, isCellType, numberValue, type CellType } from './cell-value.ts'
import { readPlainNumber } from './plain-number.ts'
import type { SharedTexts } from './shared-texts.ts'
import type { ShownAs } from './styles.ts'
import type { XmlAttributes } from './xml/xml-attributes.ts'
import type { XmlHandler } from './xml/xml-scanner.ts'
import { decodeEscapes, decodeXml } from './xml/xml-text.ts'

export const sheetElements = ['row', 'c', 'v', 'f', 'is', 't', 'r', 'sheetData', 'col']
const [ROW, CELL, VALUE, FORMULA, INLINE, TEXT, RUN, DATA, COLUMN] = [0, 1, 2, 3, 4, 5, 6, 7, 8]

/** Rows of a sheet of every spreadsheet program. */
const MAX_ROW = 1_048_576
const [LETTER_R, LETTER_S, LETTER_T, SLASH] = [0x72, 0x73, 0x74, 0x2f]

export type SheetOptions = { texts: SharedTexts, styles: readonly ShownAs[], isUncomputed: boolean, maxColumns: number, maxCellChars: number }

/** Receives a row that has a value. Its cells are valid until the call returns. */
export type OnRow = (cells: Cell[], row: number, isHidden: boolean) => void

/**
 * Reads the cells of a sheet from its XML. The claimed dimension is ignored, and so are formats, but for two: a number that is shown as a date is no
 * price, and one that is shown in another currency neither. Rows and cells may lack their reference: they then follow the one before. Empty cells,
 * with a format or not, are null; rows without a value are left out.
 */
export class SheetCells implements XmlHandler {
  /** Letters of the hidden columns that have a value. */
  readonly hiddenColumns = new Set<string>()
  readonly #options: SheetOptions
  readonly #onRow: OnRow
  readonly #isHidden: Uint8Array
  readonly #cells: Cell[] = []
  #inData = false
  #inRow = false
  #inCell = false
  #row = 0
  #isRowHidden = false
  #column = -1
  #type: CellType = 'n'
  #style = 0
  #isFormula = false
  #inText = false
  #inInline = false
  #inRun = false
  #text = ''
  #inlineText = ''
  /** The whole text of the value, if it is a plain number. It is not decoded then. */
  #number = NaN

  constructor (options: SheetOptions, onRow: OnRow) {
    this.#options = options
    this.#onRow = onRow
    this.#isHidden = new Uint8Array(options.maxColumns)
  }

  open (element: number, depth: number, attributes: XmlAttributes): void {
    if (depth === 4) {
      if (element === CELL && this.#inRow) this.#beginCell(attributes)
    } else if (depth === 5 && this.#inCell) {
      if (element === VALUE) this.#beginValue()
      else if (element === FORMULA) this.#isFormula = true
      else if (element === INLINE) this.#beginInline()
    } else if (depth === 3) {
      if (element === ROW && this.#inData) this.#beginRow(attributes)
      else if (element === COLUMN && !this.#inData) this.#addColumns(attributes)
    } else if (depth === 2) this.#inData = element === DATA
    else if (this.#inInline && depth === 6) {
      this.#inRun = element === RUN
      this.#inText = element === TEXT
    } else if (this.#inRun && depth === 7) this.#inText = element === TEXT
    else if (this.#inText) throw new FileRefused('damaged_workbook') // an element in a text
  }

  close (_element: number, depth: number): void {
    if (this.#inText) {
      this.#inText = false
      if (this.#inInline) {
        this.#inlineText += decodeEscapes(this.#text)
        this.#text = ''
      }
    } else if (depth === 4 && this.#inCell) this.#endCell()
    else if (depth === 3 && this.#inRow) this.#endRow()
    else if (depth === 2) this.#inData = false
    else if (depth === 5) this.#inInline = false
    else if (depth === 6) this.#inRun = false
  }

  text (bytes: Buffer, start: number, end: number, isLiteral: boolean): void {
    if (!this.#inText) return
    if (bytes[end + 1] === SLASH && !isLiteral && this.#text === '' && !this.#inInline && (this.#type === 'n' || this.#type === 's')) {
      this.#number = readPlainNumber(bytes, start, end)
      if (!Number.isNaN(this.#number)) return
    }
    const text = isLiteral ? bytes.toString('utf8', start, end) : decodeXml(bytes, start, end)
    this.#text = this.#text === '' ? text : this.#text + text
    const { maxCellChars } = this.#options
    if (this.#text.length + this.#inlineText.length > maxCellChars) throw new FileRefused('cell_too_long', String(maxCellChars))
  }

  #addColumns (attributes: XmlAttributes): void {
    const all = attributes.toMap()
    if (!/^(1|true)$/.test(all.get('hidden') ?? '')) return
    this.#isHidden.fill(1, Math.max(0, Number(all.get('min')) - 1), Number(all.get('max')))
  }

  #beginValue (): void {
    if (this.#text !== '' || !Number.isNaN(this.#number)) throw new FileRefused('damaged_workbook') // a second value
    this.#inText = this.#type !== 'inlineStr'
  }

  #beginInline (): void {
    if (this.#inlineText !== '') throw new FileRefused('damaged_workbook') // a second text
    this.#inInline = true
  }

  #beginRow (attributes: XmlAttributes): void {
    const before = this.#row
    this.#row++
    this.#isRowHidden = false
    while (attributes.next()) {
      if (attributes.isLetter(LETTER_R)) this.#row = readPlainNumber(attributes.bytes, attributes.valueStart, attributes.valueEnd)
      else if (attributes.nameEnd - attributes.nameStart === 6 && attributes.name === 'hidden') this.#isRowHidden = attributes.isTrue
    }
    if (!(Number.isInteger(this.#row) && this.#row > before && this.#row <= MAX_ROW)) throw new FileRefused('damaged_workbook')
    this.#cells.length = 0
    this.#column = -1
    this.#inRow = true
  }

  #endRow (): void {
    this.#inRow = false
    if (this.#cells.length > 0) this.#onRow(this.#cells, this.#row, this.#isRowHidden)
  }

  #beginCell (attributes: XmlAttributes): void {
    const { bytes } = attributes
    const before = this.#column
    this.#column++
    this.#type = 'n'
    this.#style = 0
    while (attributes.next()) {
      if (attributes.isLetter(LETTER_R)) this.#column = readColumn(bytes, attributes.valueStart, attributes.valueEnd, this.#row)
      else if (attributes.isLetter(LETTER_S)) this.#style = readIndex(bytes, attributes.valueStart, attributes.valueEnd)
      else if (attributes.isLetter(LETTER_T)) {
        if (attributes.valueEnd - attributes.valueStart === 1 && bytes[attributes.valueStart] === LETTER_S) this.#type = 's'
        else {
          const type = attributes.value
          if (!isCellType(type)) throw new FileRefused('damaged_workbook')
          this.#type = type
        }
      }
    }
    if (this.#column <= before) throw new FileRefused('damaged_workbook')
    this.#isFormula = false
    this.#text = ''
    this.#inlineText = ''
    this.#number = NaN
    this.#inCell = true
  }

  #endCell (): void {
    this.#inCell = false
    const value = this.#value()
    if (value === null) return
    const column = this.#column
    if (column >= this.#options.maxColumns) throw new FileRefused('too_many_columns', String(this.#options.maxColumns))
    if (this.#isHidden[column] === 1) {
      this.hiddenColumns.add(columnLetters(column))
      return
    }
    while (this.#cells.length < column) this.#cells.push(null)
    this.#cells.push(value)
  }

  #value (): Cell {
    const { texts, styles, isUncomputed } = this.#options
    const type = this.#type
    const number = this.#number
    const isPlain = !Number.isNaN(number)
    if (type === 's' && (isPlain || this.#text !== '')) return texts.get(isPlain ? number : Number(this.#text)) || null
    const text = type === 'inlineStr' ? this.#inlineText : type === 'str' ? decodeEscapes(this.#text) : this.#text
    const value = isPlain ? numberValue(number, this.#isFormula, isUncomputed) : cellValue(type, text, this.#isFormula, isUncomputed)
    const shownAs = typeof value === 'number' ? styles[this.#style] ?? null : null
    if (shownAs === null) return value
    return shownAs === 'date' ? { serial: value as number } : { fault: 'other_currency', text: String(value) }
  }
}

/** Reads the digits of an index. */
function readIndex (bytes: Uint8Array, start: number, end: number): number {
  let index = 0
  for (let at = start; at < end; at++) index = index * 10 + bytes[at]! - 48
  return index
}
