import type { ReportedCell } from '../../../../lib/batch/report/reported-error.ts'
import { formatDay } from '../values/days.ts'
import { bounded, MAX_ORIGINAL_CHARS, MAX_VALUE_CHARS } from '../values/row-error.ts'
import type { Cell } from './cell.ts'
import type { Columns } from './columns.ts'
import type { SerialEpoch } from './day-text.ts'
import { readDayCell, textOf } from './read-cell.ts'

/** Most cells of a row in its errors. */
const maxCells = 50

/**
 * Returns the first cells of a row for its errors, with texts of at most 200 characters, and 1,000 in all. The serial number of a day becomes the
 * day.
 */
export function reportedCells (cells: readonly Cell[], places: Columns['places'], epoch: SerialEpoch | null): ReportedCell[] {
  const days = new Set([places.day, places.valid_from, places.valid_to])
  let left = MAX_ORIGINAL_CHARS
  return cells.slice(0, maxCells).map((cell, at): ReportedCell => {
    if (cell === null) return null
    if (typeof cell === 'number' || (typeof cell === 'object' && 'serial' in cell)) {
      const read = days.has(at) ? readDayCell(cell, epoch) : null
      return read && 'day' in read ? { day: formatDay(read.day) } : Number(textOf(cell))
    }
    if (typeof cell === 'object' && 'day' in cell) return { day: formatDay(cell.day) }
    if (typeof cell === 'object' && 'cents' in cell) return cell.cents / 100
    const text = bounded(textOf(cell), Math.min(left, MAX_VALUE_CHARS))
    left -= text.length
    return text
  })
}

/** Returns the names of the columns whose cells an error has. */
export const reportedHeader = (columns: Columns | null): string[] | undefined =>
  columns?.names.slice(0, maxCells).map(name => bounded(name, MAX_VALUE_CHARS))
