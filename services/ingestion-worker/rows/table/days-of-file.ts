import { formatDay } from '../values/days.ts'
import type { Source } from '../values/row-checker.ts'
import type { Cell } from './cell.ts'
import { Conventions, type Contradiction } from './conventions.ts'
import type { DayOrder, DayReading, SerialEpoch } from './day-text.ts'
import { readDayCell, textOf, type Fault } from './read-cell.ts'
import { trimmed } from './trimmed.ts'
import type { TwoDays } from './undecided-rows.ts'

export type DaysOptions = {
  /** Epoch of the serial numbers of days; null if the file does not tell it. */
  epoch?: SerialEpoch | null | undefined
  /**
   * The days of a text file have one form: if the first one is YYYY-MM-DD, a day with the year last is malformed. The cells of a spreadsheet come
   * from many hands.
   */
  hasOneForm?: boolean | undefined
}

/** A day whose text has two readings, or that shows that the file cannot be read. */
export type Shown = { row: number, column: DayColumn, cell: Cell, source: Source }
export type DayColumn = 'day' | 'valid_from' | 'valid_to'

/** Calls to the reader of the rows: `contradict` reports a day that another day contradicts, `source` returns the current row. */
export type DaysContext = { contradict: (found: Contradiction, cell: Cell, column: DayColumn) => void, source: () => Source }

/** Reads the days of a file: by their form, and by the order of day and month that one of them proves. */
export class DaysOfFile {
  /** The first day with two readings, while no day proves the order. */
  firstUndecided: Shown & { reading: TwoDays } | null = null
  #form: string | null = null
  /** The first typed day that may be another one with day and month exchanged, and the first text with the year last, in any column of days. */
  #typed: Shown | null = null
  #ordered: { row: number, text: string } | null = null
  readonly #options: DaysOptions
  readonly #conventions: Conventions
  readonly #context: DaysContext

  constructor (options: DaysOptions, conventions: Conventions, context: DaysContext) {
    this.#options = options
    this.#conventions = conventions
    this.#context = context
  }

  /** Whether no day was read that has its year last. */
  get isStandard (): boolean {
    return this.#form === null || this.#form === yearFirst
  }

  /** The order of day and month, if the file shows one. */
  get order (): DayOrder | null {
    return this.#conventions.dayOrder
  }

  /** Notes a day as YYYY-MM-DD. */
  noteStandard (): void {
    this.#form ??= yearFirst
  }

  /** Reads the day of a cell in a row and a column. */
  read (cell: Cell, row: number, column: DayColumn): TwoDays | Fault {
    const { epoch = null, hasOneForm } = this.#options
    const reading = readDayCell(cell, epoch, hasOneForm ? epoch : null)
    if ('code' in reading) return reading
    if (typeof cell === 'string') {
      if (this.#isOtherForm(reading, cell, row, column)) return { code: 'malformed_day' }
    } else if ('day' in reading && !(typeof cell === 'object' && cell && 'day' in cell && cell.isFixed)) this.#noteTyped(reading.day, row, column)
    return this.#decide(reading, cell, row, column)
  }

  /**
   * Returns a typed day, as a contradiction, that a program may have made of a text. Excel in the United States turns the text 01/02/2021 of a file
   * whose days come first into 2 January, and leaves 31/01/2021 as text. So all first days of a validity may be dates, and all last ones texts. It
   * takes no text with points for a date.
   */
  findSwapped (): Shown & Contradiction | null {
    const [typed, ordered] = [this.#typed, this.#ordered]
    if (!typed || !ordered) return null
    const detail = `"${ordered.text}" in row ${ordered.row} is a text, and ${textOf(typed.cell)} in row ${typed.row} a date, ` +
      'as if a program has taken the day for the month'
    return { ...typed, code: 'contradicting_days', detail }
  }

  /** Notes the form of a text. Returns true if the day is malformed: a text file whose first day is YYYY-MM-DD has no other form. */
  #isOtherForm (reading: Exclude<DayReading, { code: unknown }>, cell: string, row: number, column: DayColumn): boolean {
    const isOrdered = !('day' in reading) || reading.isOrdered
    if (isOrdered && !withPoints.test(cell)) this.#ordered ??= { row, text: cell.slice(0, 60) }
    if (!isOrdered && !this.#options.hasOneForm) return false
    const form = isOrdered ? `year last ${/[-/.]/.exec(trimmed(cell))?.[0] ?? ''}` : yearFirst
    this.#form ??= form
    if (form === this.#form) return false
    if (this.#options.hasOneForm && this.#form === yearFirst) return true
    this.#context.contradict({ code: 'contradicting_days', detail: `"${cell.slice(0, 60)}" in row ${row} and days of another form before it` }, cell, column)
    return false
  }

  #noteTyped (day: number, row: number, column: DayColumn): void {
    if (this.#typed) return
    const [, month, ofMonth] = formatDay(day).split('-')
    if (Number(ofMonth) <= 12 && ofMonth !== month) this.#typed = { row, column, cell: { day }, source: this.#context.source() }
  }

  #decide (reading: Exclude<DayReading, { code: unknown }>, cell: Cell, row: number, column: DayColumn): TwoDays {
    const conventions = this.#conventions
    if ('day' in reading) {
      const found = reading.proves && conventions.proveOrder(reading.proves, row, textOf(cell))
      if (found) this.#context.contradict(found, cell, column)
      return { dayMonth: reading.day, monthDay: reading.day }
    }
    if (conventions.dayOrder === null) {
      this.firstUndecided ??= { row, column, cell, reading, source: this.#context.source() }
      return reading
    }
    const day = conventions.dayOrder === 'day.month' ? reading.dayMonth : reading.monthDay
    return { dayMonth: day, monthDay: day }
  }
}

const yearFirst = 'year first'
/** A day with points begins so. A time after a day may have a point too. */
const withPoints = /^\s*\d{1,2}\./

/** Returns both readings of a day, for a person. */
export const bothReadings = ({ dayMonth, monthDay }: TwoDays): string => `${formatDay(dayMonth)} or ${formatDay(monthDay)}`
