import type { RowChecker, Source } from '../values/row-checker.ts'
import type { Cell, TableSink } from './cell.ts'
import { isHeader, mapColumns, type ColumnOptions, type Columns } from './columns.ts'
import { IndexColumn } from './index-column.ts'
import type { ColumnName } from './column-names.ts'
import { PriceRows, type PriceRowsOptions } from './price-rows.ts'
import { isEmpty, textOf } from './read-cell.ts'
import { reportedCells } from './reported-cells.ts'
import { isTotal } from './totals.ts'

/** Rows before the header that are no prices: titles, addresses, dates of printing. */
export const maxTitleRows = 50

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
  titleRows = 0
  readonly #checker: RowChecker
  readonly #options: TableOptions
  #firstRow: readonly Cell[] | null = null
  readonly #index = new IndexColumn()

  constructor (checker: RowChecker, options: TableOptions) {
    this.#checker = checker
    this.#options = options
    const placeOf = (row: number, column: ColumnName): string | undefined => {
      const at = this.columns?.places[column] ?? this.columns?.places.valid_from
      return at === undefined ? undefined : options.cellAt?.(row, at)
    }
    this.prices = new PriceRows(checker, { ...options, ...(options.cellAt ? { placeOf } : {}) })
  }

  row (cells: readonly Cell[], row: number): void {
    if (this.#checker.stopped) return
    if (cells.every(isEmpty)) this.blankRows++
    else if (!this.columns) this.#header(cells, row)
    else if (this.#options.cellAt ? this.#checker.nextSheetRow(row) : this.#checker.nextRow()) this.#read(cells, this.columns)
  }

  end (): void {
    if (!this.columns && !this.#checker.stopped) this.#noHeader()
    this.prices.end()
  }

  #header (cells: readonly Cell[], row: number): void {
    this.#firstRow ??= [...cells]
    const names = cells.map(textOf)
    if (!isHeader(names, this.#options)) {
      if (++this.titleRows > maxTitleRows) this.#noHeader()
      return
    }
    const mapped = mapColumns(names, this.#options)
    if ('columns' in mapped) {
      this.columns = mapped.columns
      this.headerRow = row
    } else for (const { code, column } of mapped.faults) this.#checker.stop(code, { column }, sourceOf(cells))
  }

  #noHeader (): void {
    this.#checker.stop('no_header', {}, this.#firstRow && sourceOf(this.#firstRow))
  }

  #read (cells: readonly Cell[], { places, unnamed, names: { length: width } }: Columns): void {
    const { fixed } = this.#options
    const cell = (column: keyof typeof places): Cell => places[column] === undefined ? fixed?.[column] ?? null : cells[places[column]] ?? null
    const { cellAt } = this.#options
    const source = (): Source => ({ ...sourceOf(cells), ...(cellAt ? { cells: reportedCells(cells, places, this.#options.epoch ?? null) } : {}) })
    const named = Object.values(places).map(at => cells[at])
    if ([cells[0], ...named].some(cell => typeof cell === 'string' && isTotal(cell))) return this.#checker.refuse('totals_row', source())
    const beyond = Array.from({ length: Math.max(0, cells.length - width) }, (_, at) => width + at)
    for (const at of [...unnamed, ...beyond]) {
      if (!this.#index.allows(cells[at] ?? null, at, this.#checker.rowsSeen)) return this.#checker.refuse('value_without_column', source(), { value: textOf(cells[at]!), cell: cellAt?.(this.#checker.rowNumber, at) })
    }
    const isValidity = places.valid_from !== undefined || fixed?.valid_from !== undefined
    this.prices.read({
      orig: cell('orig_code'), dest: cell('dest_code'), price: cell('price'),
      ...(isValidity ? { day: cell('valid_from'), to: cell('valid_to') } : { day: cell('day') }),
    }, source)
  }
}

/** The text of a row, for its errors. */
function sourceOf (cells: readonly Cell[]): Source {
  const bytes = Buffer.from(cells.slice(0, 200).map(cell => textOf(cell).slice(0, 1_000)).join(' | ').slice(0, 4_000))
  return { bytes, start: 0, end: bytes.length }
}
