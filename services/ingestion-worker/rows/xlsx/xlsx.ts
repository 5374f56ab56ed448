import { fileTypeNames } from '../../../../lib/batch/content/file-type-names.ts'
import { sniff, type FileType } from '../../../../lib/batch/content/sniff.ts'
import { byteSize } from '../byte-size.ts'
import { FileRefused } from '../file-refused.ts'
import type { Cell, TableSink } from '../table/cell.ts'
import type { RowErrorCode } from '../values/row-error.ts'
import { cellPlace } from './cell-place.ts'
import { chooseSheet, skippedSheets, type SkippedSheet } from './choose-sheet.ts'
import { PackageParts, type Between } from './package-parts.ts'
import { readStyles, type ShownAs } from './styles.ts'
import { readMerges } from './read-merges.ts'
import { readSharedTexts, type SharedTexts } from './shared-texts.ts'
import { SheetCells, sheetElements, type OnRow } from './sheet-cells.ts'
import { readWorkbook, type Workbook, type WorkbookSheet } from './workbook.ts'
import type { XlsxLimits } from './xlsx-limits.ts'

export type XlsxOptions = {
  /** Name of the sheet to read. Without it, the workbook must have one visible sheet, or one with the header. */
  sheet?: string
  limits: XlsxLimits
  /** Returns whether a row is the header of prices. Called with the first rows of each visible sheet, if there are several. */
  hasHeader: (cells: readonly Cell[]) => boolean
  signal: AbortSignal
  /** Called after each chunk of unpacked bytes, about 64 KiB: other work, such as to write the errors so far. */
  between?: Between
}

/** The sheet with the prices, before its rows are read. */
export type XlsxSheet = {
  name: string
  skippedSheets: SkippedSheet[]
  /** First day of the serial numbers of its days. */
  serialEpoch: 1900 | 1904
  /** Returns where a cell is, such as `Rates!B17`, from the number of its row and the index of its column. */
  placeOf: (row: number, column: number) => string
  /** Reads the visible rows that have a value. Throws FileRefused. May be called once. */
  read: (sink: TableSink) => Promise<XlsxSummary>
}

export type XlsxSummary = {
  /** Number of rows that were passed on. */
  rows: number
  /** Number of rows with a value that were not read, because they are hidden. */
  hiddenRows: number
  /** Letters of the columns with a value that were not read, because they are hidden. */
  hiddenColumns: string[]
  /** Number of cells that got their value from a merged cell above them. */
  filledCells: number
}

/** Opens the sheet with the prices of a workbook (XLSX). Throws FileRefused. */
export async function openXlsx (bytes: Uint8Array, { sheet: name, limits, hasHeader, signal, between }: XlsxOptions): Promise<XlsxSheet> {
  if (bytes.length > limits.maxBytes) throw new FileRefused('file_too_large', byteSize(limits.maxBytes))
  const type = sniff(bytes)
  const refusal = refusals[type]
  if (refusal) throw new FileRefused(refusal)
  if (!mayBeXlsx.has(type)) throw new FileRefused('not_a_workbook', fileTypeNames[type])
  const parts = new PackageParts(bytes, limits, async () => {
    signal.throwIfAborted()
    await between?.()
  })
  const workbook = await readWorkbook(parts, limits.maxSheets, fileTypeNames[type === 'xlsx' ? 'document' : type])
  await parts.refuseDoctypes()
  const styles = await readStyles(parts, workbook.stylesPart)
  const reader = new SheetReader(parts, workbook, styles, await readSharedTexts(parts, workbook.textsPart, limits), limits)
  const sheet = await chooseSheet(workbook, name, sheet => reader.hasHeader(sheet, hasHeader))
  return {
    name: sheet.name,
    skippedSheets: skippedSheets(workbook, sheet),
    serialEpoch: workbook.serialEpoch,
    placeOf: (row, column) => cellPlace(sheet.name, row, column),
    read: sink => reader.read(sheet, sink),
  }
}

/** Types of a ZIP file. The parts in it tell whether it is a workbook. */
const mayBeXlsx: ReadonlySet<FileType> = new Set(['xlsx', 'zip', 'document', 'numbers', 'ods'] satisfies FileType[])

/** Why a workbook of another type is refused. */
const refusals: Partial<Record<FileType, RowErrorCode>> = {
  'encrypted-workbook': 'encrypted_workbook',
  xls: 'xls_workbook',
  ole: 'xls_workbook',
  xlsb: 'xlsb_workbook',
  xlsm: 'macro_workbook',
}

class SheetReader {
  readonly #parts: PackageParts
  readonly #workbook: Workbook
  readonly #styles: readonly ShownAs[]
  readonly #texts: SharedTexts
  readonly #limits: XlsxLimits

  constructor (parts: PackageParts, workbook: Workbook, styles: readonly ShownAs[], texts: SharedTexts, limits: XlsxLimits) {
    this.#parts = parts
    this.#workbook = workbook
    this.#styles = styles
    this.#texts = texts
    this.#limits = limits
  }

  async hasHeader (sheet: WorkbookSheet, isHeader: (cells: readonly Cell[]) => boolean): Promise<boolean> {
    let left = this.#limits.maxHeaderRows
    let found = false
    await this.#scan(sheet, (cells, _row, isHidden) => {
      left--
      if (!isHidden) found ||= isHeader(cells)
    }, () => found || left === 0)
    return found
  }

  async read (sheet: WorkbookSheet, sink: TableSink): Promise<XlsxSummary> {
    let rows = 0
    let hiddenRows = 0
    const { hiddenColumns, filledCells } = await this.#scan(sheet, (cells, row, isHidden) => {
      if (isHidden) {
        hiddenRows++
        return
      }
      rows++
      sink.row(cells, row)
    })
    return { rows, hiddenRows, hiddenColumns, filledCells }
  }

  async #scan (sheet: WorkbookSheet, onRow: OnRow, isDone?: () => boolean) {
    const { maxColumns, maxCellChars } = this.#limits
    const merges = await readMerges(this.#parts, sheet.part, maxColumns)
    const options = { texts: this.#texts, styles: this.#styles, isUncomputed: this.#workbook.isUncomputed, maxColumns, maxCellChars }
    const cells = new SheetCells(options, (cells, row, isHidden) => {
      merges.apply(cells, row)
      onRow(cells, row, isHidden)
    })
    await this.#parts.scan(sheet.part, sheetElements, cells, isDone)
    return { hiddenColumns: [...cells.hiddenColumns], filledCells: merges.filled }
  }
}
