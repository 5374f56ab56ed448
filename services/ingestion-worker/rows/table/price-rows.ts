import type { RowChecker, Source } from '../values/row-checker.ts'
import { MAX_ORIGINAL_CHARS, type RowErrorCode } from '../values/row-error.ts'
import { dayFault, destFault, detailOf, origFault, priceFault } from '../values/validate.ts'
import { MALFORMED_PORT } from '../values/ports.ts'
import type { Cell } from './cell.ts'
import type { ColumnName } from './column-names.ts'
import { Conventions, type Contradiction, type Declared } from './conventions.ts'
import type { DayOrder } from './day-text.ts'
import { bothReadings, DaysOfFile, type DaysOptions, type Shown } from './days-of-file.ts'
import type { DecimalSign, PriceReading } from './price-text.ts'
import { isEmpty, readPriceCell, textOf, type Fault } from './read-cell.ts'
import { trimmed } from './trimmed.ts'
import { UndecidedRows, type TwoDays, type TwoPrices } from './undecided-rows.ts'

/** The cells of a price. `to`: `day` is the first day of a validity, and this the last one. */
export type RowValues = { orig: Cell, dest: Cell, day: Cell, to?: Cell, price: Cell }

export type PriceRowsOptions = Declared & DaysOptions & {
  /** Most days of a validity. */
  maxDays: number
  /** Returns where the value of a row is in its workbook. */
  placeOf?: ((row: number, column: ColumnName) => string | undefined) | undefined
}

/** The first row with a value that has two readings. */
type Undecided = { row: number, text: string, source: Source }
type Found = { column: ColumnName, cell: Cell, code: RowErrorCode }

/**
 * Reads prices from the values of rows, by the conventions of the file: its decimal sign, and its order of day and month. A row with a value that has
 * two readings waits until the end of the file, unless the conventions are proved. The caller has begun the row with `checker.nextRow()`.
 */
export class PriceRows {
  readonly conventions: Conventions
  readonly #checker: RowChecker
  readonly #options: PriceRowsOptions
  readonly #undecided = new UndecidedRows()
  readonly #ports = new Map<string, number>()
  readonly #days: DaysOfFile
  #firstUndecidedPrice: Undecided & { digits: number } | null = null
  #prices = 0
  #hasValidity = false
  /** Returns the current row, for its errors. */
  #source!: () => Source

  constructor (checker: RowChecker, options: PriceRowsOptions) {
    this.#checker = checker
    this.#options = options
    this.conventions = new Conventions(options)
    this.#days = new DaysOfFile(options, this.conventions, {
      contradict: (found, cell, column) => this.#contradict(found, cell, column),
      source: () => copyOf(this.#source()),
    })
  }

  /**
   * Whether a row in the standard form needs no more than the rules of a price. It has a day as YYYY-MM-DD, and a price whose decimal sign, if
   * any, is a point. Such rows are noted by {@link noteStandard}.
   */
  get isStandard (): boolean {
    return this.#days.isStandard && this.conventions.decimalSign !== ','
  }

  /** The order of day and month, if the file shows one. */
  get dayOrder (): DayOrder | null {
    return this.#days.order
  }

  /** Notes that the current row had the standard form. `price` is the text of a price with a point, null for one without. */
  noteStandard (price: string | null): void {
    this.#days.noteStandard()
    if (price !== null) this.conventions.proveSign('.', this.#checker.rowNumber, price)
  }

  /** Reads a row: a price, faults, or neither until the end. */
  read (values: RowValues, source: () => Source): void {
    const { orig, dest, day, to, price } = values
    this.#hasValidity = to !== undefined
    const fromColumn = to === undefined ? 'day' : 'valid_from'
    const row = this.#checker.rowNumber
    this.#source = source
    const faults: Found[] = []
    const add = (column: ColumnName, cell: Cell, code: RowErrorCode | undefined): void => {
      if (code) faults.push({ column, cell, code: isEmpty(cell) ? 'missing_value' : typeof cell === 'object' && cell && 'fault' in cell ? cell.fault : code })
    }
    const [origPort, destPort] = [this.#port(orig), this.#port(dest)]
    add('orig_code', orig, origFault(origPort))
    add('dest_code', dest, destFault(destPort, origPort))
    const from = this.#days.read(day, row, fromColumn)
    add(fromColumn, day, this.#dayFault(from))
    const until = to === undefined ? from : this.#days.read(to, row, 'valid_to')
    if (to !== undefined) add('valid_to', to, this.#dayFault(until))
    const cents = this.#price(readPriceCell(price), price)
    add('price', price, 'code' in cents ? cents.code : 'cents' in cents ? priceFault(cents.cents, this.#checker.rules) : undefined)
    if (this.#checker.stopped) return
    if (faults.length > 0) return this.#refuse(faults, source)
    this.#accept(origPort, destPort, from as TwoDays, until as TwoDays, cents as TwoPrices, source)
  }

  /**
   * Reads the rows that waited, in steps: other work of the process may be done between them. Stops the reader, with the first row that shows it, if
   * the file does not prove how they are to be read.
   */
  * finish (): Generator<void> {
    const checker = this.#checker
    const { decimalSign, dayOrder } = this.conventions
    if (checker.stopped) return
    const { firstUndecided } = this.#days
    if (firstUndecided && dayOrder === null) this.#stopAtDay(firstUndecided, 'ambiguous_day', bothReadings(firstUndecided.reading))
    if (this.#firstUndecidedPrice && decimalSign === null) {
      const { row, text, source, digits } = this.#firstUndecidedPrice
      checker.stopAt(row, 'ambiguous_price', { ...this.#at(row, 'price'), value: text, detail: `${digits} or ${digits / 1_000}` }, source)
    }
    const swapped = checker.stopped ? null : this.#days.findSwapped()
    if (swapped) this.#stopAtDay(swapped, swapped.code, swapped.detail)
    if (checker.stopped) return
    let left = rowsPerStep
    for (const { row, orig, dest, from, to, price } of this.#undecided.rows(dayOrder)) {
      if (left-- === 0) {
        yield
        left = rowsPerStep
      }
      const read = decidePrice(price, decimalSign)
      const faults = this.#dayFaults(from, to)
      const ofPrice = 'code' in read ? read.code : priceFault(read.cents, checker.rules)
      if (ofPrice) faults.push({ column: 'price', cell: textOfPrice(price), code: ofPrice })
      if (faults.length > 0) for (const { column, cell, code: fault } of faults) this.#report(column, cell, fault, null, row)
      else if ('cents' in read) this.#give(orig, dest, from, to, read.cents, row)
      if (checker.stopped) return
    }
  }

  /** Returns the faults of the decided days of a row that waited. */
  #dayFaults (from: number, to: number): Found[] {
    const { rules } = this.#checker
    const ofFrom = dayFault(from, rules)
    const ofTo = this.#hasValidity ? dayFault(to, rules) ?? this.#validityFault(from, to) : undefined
    return [
      ...(ofFrom ? [{ column: this.#hasValidity ? 'valid_from' : 'day', cell: { day: from }, code: ofFrom } as const] : []),
      ...(ofTo ? [{ column: 'valid_to', cell: { day: to }, code: ofTo } as const] : []),
    ]
  }

  #port (cell: Cell): number {
    if (typeof cell !== 'string' || cell.length > maxPortChars) return MALFORMED_PORT
    const known = this.#ports.get(cell)
    if (known !== undefined) return known
    const bytes = Buffer.from(trimmed(cell))
    const port = this.#checker.rules.ports.find(bytes, 0, bytes.length)
    if (port >= 0 && cell.length === bytes.length) this.#ports.set(cell, port) // as many as there are codes, in upper and lower case
    return port
  }

  /** Stops the reader for a day of an earlier row. */
  #stopAtDay ({ row, column, cell, source }: Shown, code: RowErrorCode, detail: string): void {
    this.#checker.stopAt(row, code, { ...this.#at(row, column), value: textOf(cell), detail }, source)
  }

  #price (reading: PriceReading | Fault, cell: Cell): TwoPrices | Fault {
    if ('code' in reading) return reading
    const { conventions } = this
    if ('cents' in reading) {
      if (reading.proves === null) return reading
      if (this.#options.hasOneForm && conventions.decimalSign === '.' && reading.proves === ',') return { code: 'malformed_price' }
      const found = conventions.proveSign(reading.proves, this.#checker.rowNumber, textOf(cell))
      if (found) this.#contradict(found, cell, 'price')
      return reading
    }
    if (conventions.decimalSign !== null) return decidePrice(reading, conventions.decimalSign)
    this.#firstUndecidedPrice ??= { row: this.#checker.rowNumber, text: textOf(cell), source: copyOf(this.#source()), digits: reading.digits }
    return reading
  }

  #contradict (found: Contradiction, cell: Cell, column: ColumnName): void {
    if (this.#checker.stopped) return
    const row = this.#checker.rowNumber
    this.#checker.stopAt(row, found.code, { ...this.#at(row, column), value: textOf(cell), detail: found.detail }, this.#source())
  }

  /** The fault of a day, if it has one reading. */
  #dayFault (day: TwoDays | Fault): RowErrorCode | undefined {
    if ('code' in day) return day.code
    return day.dayMonth === day.monthDay ? dayFault(day.dayMonth, this.#checker.rules) : undefined
  }

  #accept (orig: number, dest: number, from: TwoDays, to: TwoDays, price: TwoPrices, source: () => Source): void {
    const isDecided = 'cents' in price && from.dayMonth === from.monthDay && to.dayMonth === to.monthDay
    if (!isDecided) return this.#undecided.add({ row: this.#checker.rowNumber, orig, dest, from, to, price })
    const code = to === from ? undefined : this.#validityFault(from.dayMonth, to.dayMonth)
    if (code) return this.#report('valid_to', { day: to.dayMonth }, code, source)
    this.#give(orig, dest, from.dayMonth, to.dayMonth, price.cents)
  }

  #validityFault (from: number, to: number): RowErrorCode | undefined {
    return to < from ? 'validity_order' : to - from >= this.#options.maxDays ? 'validity_too_long' : undefined
  }

  /** Gives a price for each day, both ends in. */
  #give (orig: number, dest: number, from: number, to: number, cents: number, row?: number): void {
    const { maxRows } = this.#checker.rules
    this.#prices += to - from + 1
    if (this.#prices > maxRows) return this.#checker.stop('too_many_rows', { detail: String(maxRows) })
    for (let day = from; day <= to; day++) this.#checker.give(orig, dest, day, cents, row)
  }

  #refuse (faults: readonly Found[], source: () => Source): void {
    for (const { column, cell, code } of faults) this.#report(column, cell, code, source)
  }

  #at (row: number, column: ColumnName): { column: ColumnName, cell?: string | undefined } {
    return { column, cell: this.#options.placeOf?.(row, column) }
  }

  #report (column: ColumnName, cell: Cell, code: RowErrorCode, source: (() => Source) | null, row?: number): void {
    const value = code === 'missing_value' ? null : textOf(cell)
    const detail = code === 'validity_too_long' ? String(this.#options.maxDays) : detailOf(code, this.#checker.rules).detail
    const fault = { ...this.#at(row ?? this.#checker.rowNumber, column), value, ...(detail === undefined ? {} : { detail }) }
    if (row === undefined) this.#checker.refuse(code, source!(), fault)
    else this.#checker.refuseEarlier(row, code, fault)
  }
}

const rowsPerStep = 5_000
/** A longer text is no port, whatever white space is around it. */
const maxPortChars = 100

/** Returns a row whose bytes stay. */
function copyOf ({ bytes, start, end, ...cells }: Source): Source {
  const copy = Uint8Array.prototype.slice.call(bytes, start, Math.min(end, start + 4 * MAX_ORIGINAL_CHARS))
  return { bytes: copy, start: 0, end: copy.length, ...cells }
}

/** Reads a price with one sign and three digits after it. */
function decidePrice (price: TwoPrices, decimalSign: DecimalSign | null): { cents: number } | { code: 'price_decimals' } {
  if ('cents' in price) return price
  if (price.sign !== decimalSign) return { cents: price.digits * 100 }
  return price.digits % 10 === 0 ? { cents: price.digits / 10 } : { code: 'price_decimals' }
}

const textOfPrice = (price: TwoPrices): string =>
  'cents' in price ? String(price.cents / 100) : String(price.digits).replace(/(\d{3})$/, `${price.sign}$1`)
