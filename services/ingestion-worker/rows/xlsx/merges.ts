import { FileRefused } from '../file-refused.ts'
import type { Cell } from '../table/cell.ts'
import { textOf } from '../table/read-cell.ts'

type Merge = { top: number, left: number, bottom: number, right: number, value: Cell }

/** A spreadsheet program takes minutes to open a sheet with more. */
const MAX_MERGES = 100_000

/**
 * The merged cells of a sheet. A merged cell has its value in its first row and column alone:
 *
 * - the rows below have the same value in that column;
 * - a value in another of its cells is not shown by a spreadsheet program. It is a fault.
 */
export class Merges {
  readonly #maxColumns: number
  readonly #all: Merge[] = []
  /** Index of the first that may begin below the rows so far. */
  #next = 0
  /** Those that cover the current row. */
  #active: Merge[] = []
  /** Number of cells that got the value of a merged cell. */
  filled = 0

  constructor (maxColumns: number) {
    this.#maxColumns = maxColumns
  }

  /** Adds merged cells by their reference, such as `A2:A5`. The order does not matter. */
  add (reference: string): void {
    const match = /^\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?$/.exec(reference)
    if (!match || this.#all.length === MAX_MERGES) throw new FileRefused(match ? 'too_many_merged_cells' : 'damaged_workbook', String(MAX_MERGES))
    const [left, top] = [columnIndex(match[1]!), Number(match[2])]
    const [right, bottom] = [columnIndex(match[3] ?? match[1]!), Number(match[4] ?? match[2])]
    if (right < left || bottom < top) throw new FileRefused('damaged_workbook')
    if (left < this.#maxColumns) this.#all.push({ top, left, bottom, right: Math.min(right, this.#maxColumns - 1), value: null })
  }

  /** Orders the merged cells. Must be called before the first row. */
  sort (): void {
    this.#all.sort((a, b) => a.top - b.top)
  }

  /** Completes a row. Must be called with each row of the sheet that has a value, in order. */
  apply (cells: Cell[], row: number): void {
    let first = this.#all[this.#next]
    if (first === undefined && this.#active.length === 0) return
    for (; first && first.top <= row; first = this.#all[++this.#next]) {
      if (first.bottom < row) continue
      first.value = first.top === row ? cells[first.left] ?? null : null
      this.#active.push(first)
    }
    this.#active = this.#active.filter(({ bottom }) => bottom >= row)
    const width = this.#active.reduce((sum, { left, right }) => sum + right - left + 1, 0)
    if (width > this.#maxColumns) throw new FileRefused('damaged_workbook') // they overlap
    for (const merge of this.#active) this.#applyOne(merge, cells, row)
  }

  #applyOne ({ top, left, right, value }: Merge, cells: Cell[], row: number): void {
    for (let column = row === top ? left + 1 : left; column <= right && column < cells.length; column++) {
      const covered = cells[column] ?? null
      if (covered !== null) cells[column] = { fault: 'covered_value', text: textOf(covered) }
    }
    if (row === top || value === null || (cells[left] ?? null) !== null) return
    while (cells.length < left) cells.push(null)
    cells[left] = value
    this.filled++
  }
}

function columnIndex (letters: string): number {
  let column = 0
  for (let at = 0; at < letters.length; at++) column = column * 26 + letters.charCodeAt(at) - 0x40
  return column - 1
}
