import type { RowChecker, Source } from '../values/row-checker.ts'
import type { Cell, TableSink } from './cell.ts'
import { isHeader, mapColumns, type ColumnOptions, type Columns } from './columns.ts'
import { IndexColumn } from './index-column.ts'
import type { ColumnName } from './column-names.ts'
import { PriceRows, type PriceRowsOptions } from './price-rows.ts'
import { readPriceText } from './price-text.ts'
import { isEmpty, textOf } from './read-cell.ts'
import { reportedCells } from './reported-cells.ts'
import { Titles } from './titles.ts'
import { isTotal } from './totals.ts'
import { trimmed } from './trimmed.ts'

export type TableOptions = ColumnOptions & PriceRowsOptions & {
  /** Returns the place of a cell in its workbook. The numbers of its rows are then those of the sheet. */
  cellAt?: ((row: number, column: number) => string) | undefined
}

/** Reads the prices of a table whose source gives cells. The header is the first row with the names of two columns of a price. */
export class TableRows implements TableSink {
  readonly prices: PriceRows
  columns: Columns | null = null
  /** Row of the header in its file. */
  headerRow = 0
  blankRows = 0
  readonly #checker: RowChecker
  readonly #options: TableOptions
  #firstRow: readonly Cell[] | null = null
  readonly #titles: Titles
  readonly #index = new IndexColumn()
  /** Columns that may name a row of totals: the first one, and those of the prices. */
  #named: number[] = []

  constructor (checker: RowChecker, options: TableOptions) {
    this.#checker = checker
    this.#options = options
    this.#titles = new Titles(checker)
    const placeOf = (row: number, column: ColumnName): string | undefined => {
      const at = this.columns?.places[column] ?? this.columns?.places.valid_from
      return at === undefined ? undefined : options.cellAt?.(row, at)
    }
    this.prices = new PriceRows(checker, { ...options, ...(options.cellAt ? { placeOf } : {}) })
  }

  /** Rows before the header. */
  get titleRows (): number {
    return this.#titles.count
  }

  row (cells: readonly Cell[], row: number): void {
    if (this.#checker.stopped) return
    if (isBlank(cells)) this.blankRows++
    else if (!this.columns) this.#header(cells, row)
    else if (this.#options.cellAt ? this.#checker.nextSheetRow(row) : this.#checker.nextRow()) this.#read(cells, this.columns)
  }

  /** Ends the table, in steps as {@link PriceRows.finish}. */
  * finish (): Generator<void> {
    if (!this.columns && !this.#checker.stopped) this.#noHeader()
    yield * this.prices.finish()
  }

  #header (cells: readonly Cell[], row: number): void {
    this.#firstRow ??= [...cells]
    const names = cells.map(textOf)
    if (!isHeader(names, this.#options)) {
      if (!this.#titles.add([names], () => sourceOf(cells))) this.#noHeader()
      return
    }
    const mapped = mapColumns(names, this.#options)
    if ('columns' in mapped) {
      this.columns = mapped.columns
      this.#named = [...new Set([0, ...Object.values(mapped.columns.places)])]
      this.headerRow = row
      this.#titles.check()
    } else for (const { code, ...fault } of mapped.faults) this.#checker.stop(code, fault, sourceOf(cells))
  }

  #noHeader (): void {
    this.#checker.stop('no_header', {}, this.#firstRow && sourceOf(this.#firstRow))
  }

  #read (cells: readonly Cell[], { places, unnamed, names: { length: width } }: Columns): void {
    const source = (): Source => this.#sourceOf(cells)
    for (const at of this.#named) {
      const cell = cells[at]
      if (typeof cell === 'string' && isTotal(cell)) return this.#checker.refuse('totals_row', source())
    }
    if (this.#isHeaderAgain(cells)) return this.#checker.refuse('repeated_header', source())
    const alone = onlyValue(cells)
    if (alone !== null && this.#named.length > 2) {
      const value = cells[alone]
      if (alone === places.price && (typeof value !== 'string' || !('code' in readPriceText(trimmed(value))))) return this.#checker.refuse('totals_row', source())
      if (typeof value === 'string') return this.#checker.refuse('note_row', source())
    }
    for (const at of unnamed) if (!this.#isAllowed(cells, at)) return
    for (let at = width; at < cells.length; at++) if (!this.#isAllowed(cells, at)) return
    const { valid_from: from } = places
    const isValidity = from !== undefined || this.#options.fixed?.valid_from !== undefined
    const [orig, dest, price] = [this.#cell(cells, 'orig_code'), this.#cell(cells, 'dest_code'), this.#cell(cells, 'price')]
    this.prices.read(isValidity
      ? { orig, dest, price, day: this.#cell(cells, 'valid_from'), to: this.#cell(cells, 'valid_to') }
      : { orig, dest, price, day: this.#cell(cells, 'day') }, source)
  }

  /** Returns whether a row has the names of the columns: of joined files, and of sheets made for printing. */
  #isHeaderAgain (cells: readonly Cell[]): boolean {
    const { names } = this.columns!
    for (const at of this.#named) if (cells[at] !== names[at] && !(at === 0 && names[0] === '')) return false
    return true
  }

  /** Returns the value of a column in a row: of the row, or the fixed one. */
  #cell (cells: readonly Cell[], column: ColumnName): Cell {
    const at = this.columns!.places[column]
    return (at === undefined ? this.#options.fixed?.[column] : cells[at]) ?? null
  }

  /** Refuses the row if a column without a name has a value that is not the index. Returns false then. */
  #isAllowed (cells: readonly Cell[], at: number): boolean {
    const cell = cells[at] ?? null
    if (this.#index.allows(cell, at, this.#checker.rowsSeen)) return true
    const place = this.#options.cellAt?.(this.#checker.rowNumber, at)
    this.#checker.refuse('value_without_column', this.#sourceOf(cells), { value: textOf(cell), cell: place })
    return false
  }

  #sourceOf (cells: readonly Cell[]): Source {
    const { cellAt, epoch = null } = this.#options
    return { ...sourceOf(cells), ...(cellAt ? { cells: reportedCells(cells, this.columns!.places, epoch) } : {}) }
  }
}

/** Returns the index of the only cell of a row that has a value; null if there are several. */
function onlyValue (cells: readonly Cell[]): number | null {
  let found: number | null = null
  for (let at = 0; at < cells.length; at++) {
    if (isEmpty(cells[at])) continue
    if (found !== null) return null
    found = at
  }
  return found
}

function isBlank (cells: readonly Cell[]): boolean {
  for (const cell of cells) if (!isEmpty(cell)) return false
  return true
}

/** The text of a row, for its errors. */
function sourceOf (cells: readonly Cell[]): Source {
  const bytes = Buffer.from(cells.slice(0, 200).map(cell => textOf(cell).slice(0, 1_000)).join(' | ').slice(0, 4_000))
  return { bytes, start: 0, end: bytes.length }
}
