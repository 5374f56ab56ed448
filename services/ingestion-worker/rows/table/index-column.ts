import { isEmpty, textOf } from './read-cell.ts'
import type { Cell } from './cell.ts'

/** The first column of a table, if it has no name: a data frame writes its index there, the number of each row from 0. The first row decides. */
export class IndexColumn {
  #isIndex = false

  /** Returns whether a cell without a name is as it must be: empty, or the next number of the index. `row` is the number of the row from 1. */
  allows (cell: Cell, column: number, row: number): boolean {
    if (column !== 0) return isEmpty(cell)
    const isNext = textOf(cell) === String(row - 1)
    if (row === 1) this.#isIndex = isNext
    return this.#isIndex ? isNext : isEmpty(cell)
  }
}
