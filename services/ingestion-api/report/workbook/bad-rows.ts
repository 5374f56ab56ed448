import type { Readable } from 'node:stream'
import type { ReportedCell, ReportedError } from '../../../../lib/batch/report/reported-error.ts'
import { errorGroups } from '../lines.ts'
import { rowXml, type SheetCell } from './sheet.ts'

/** Rows of a sheet after its first one. */
const maxRows = 1_048_575
const maxColumns = 16_384
const maxCauseChars = 2_000

/** Yields a row for each bad row of a report: its number in the sheet, its causes, and its cells, of which the bad ones are marked. */
export async function * badRows (report: Readable): AsyncGenerator<string> {
  let row: ReportedError[] = []
  let count = 0
  for await (const errors of errorGroups(report)) {
    let xml = ''
    for (const error of errors) {
      if (row.length > 0 && (error.row !== row[0]!.row || error.row === 0)) {
        if (++count <= maxRows) xml += badRow(row)
        row = []
      }
      row.push(error)
    }
    if (xml !== '') yield xml
  }
  if (row.length > 0 && count < maxRows) yield badRow(row)
}

/** Returns the row of the errors of one row. */
function badRow (errors: readonly ReportedError[]): string {
  const cells: SheetCell[] = (errors.find(({ cells }) => cells)?.cells ?? []).map(value => ({ value }))
  let isMarked = false
  for (const { cell, value } of errors) {
    const at = cell === undefined ? -1 : columnOf(cell)
    if (at < 0) continue
    while (cells.length <= at) cells.push({ value: null })
    cells[at] = { value: cells[at]!.value ?? value, isBad: true }
    isMarked = true
  }
  const { row } = errors[0]!
  const causes = [...new Set(errors.map(({ column, message }) => column === null ? message : `${column}: ${message}`))].join('; ')
  const cause: ReportedCell = causes.slice(0, maxCauseChars)
  return rowXml([{ value: row === 0 ? null : row }, { value: cause, isBad: !isMarked }, ...cells])
}

/** Returns the index of the column of a place such as `Rates!B17`; -1 if it has none. */
function columnOf (place: string): number {
  const [, letters] = /!([A-Z]{1,3})\d+$/.exec(place) ?? []
  if (!letters) return -1
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
  return column < maxColumns - 2 ? column : -1
}
