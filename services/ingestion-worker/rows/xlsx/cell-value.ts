import type { Cell } from '../table/cell.ts'
import { NOT_A_DAY, readDay } from '../values/days.ts'

/** Type of a cell as its sheet has it: attribute `t`. */
export type CellType = 'n' | 's' | 'str' | 'inlineStr' | 'b' | 'e' | 'd'

const types = new Set<string>(['n', 's', 'str', 'inlineStr', 'b', 'e', 'd'] satisfies CellType[])
export const isCellType = (type: string): type is CellType => types.has(type)

const decimal = /^\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?\s*$/i
/** Longest text of a number. Writers write up to 24 characters. */
const MAX_NUMBER_CHARS = 400

/**
 * Returns the value of a cell from its text. The format of the cell is ignored: a format that shows a day, such as `0 "days"`, does not make a
 * price a day. A day is a number then, as the file has it. `SheetCells` marks a number that is shown as a date.
 *
 * @param isFormula whether the value is the result of a formula
 * @param isUncomputed whether the workbook leaves the computation of its formulas to the program that opens it
 */
export function cellValue (type: CellType, text: string, isFormula: boolean, isUncomputed: boolean): Cell {
  if (text === '') return isFormula && type !== 'str' ? { fault: 'formula_not_computed', text } : null
  if (type === 'e') return { fault: 'cell_error', text }
  if (type === 'b') return text === '1' || text === 'true' ? 'TRUE' : 'FALSE'
  if (type === 'd') return isoDay(text)
  if (type !== 'n') return text
  const number = text.length <= MAX_NUMBER_CHARS && decimal.test(text) ? Number(text) : NaN
  if (!Number.isFinite(number)) return { fault: 'cell_error', text } // NaN, which some writers write
  return numberValue(number, isFormula, isUncomputed)
}

/** Returns the value of a cell of a number. Writers that compute no formulas write 0 for each, also for a text. */
export const numberValue = (number: number, isFormula: boolean, isUncomputed: boolean): Cell =>
  number === 0 && isFormula && isUncomputed ? { fault: 'formula_not_computed', text: '0' } : number

/** Reads a day in ISO 8601, alone or with a time that is midnight. */
function isoDay (text: string): Cell {
  const [, day, time = ''] = /^(\d{4}-\d{2}-\d{2})(T.*)?$/.exec(text) ?? []
  if (!day) return { fault: 'malformed_day', text }
  const read = readDay(Buffer.from(day), 0, day.length)
  if (read === NOT_A_DAY) return { fault: 'not_a_day', text }
  return /^(T00:00(:00(\.0+)?)?Z?)?$/.test(time) ? { day: read } : { fault: 'not_midnight', text }
}
