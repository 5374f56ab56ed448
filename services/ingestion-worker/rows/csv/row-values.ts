import { isUtf8 } from 'node:buffer'
import type { Cell } from '../table/cell.ts'
import type { ColumnName } from '../table/column-names.ts'
import { IndexColumn } from '../table/index-column.ts'
import type { PriceRows } from '../table/price-rows.ts'
import { isTotal } from '../table/totals.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { CsvFields } from './csv-fields.ts'
import { slots, type CsvHeader } from './csv-header.ts'
import type { CsvOptions } from './dialect.ts'
import { CR, firstField, isBlankRest, line } from './lines.ts'
import { readPlainRow } from './plain-row.ts'

const POINT = 0x2e
const standard = ['orig_code', 'dest_code', 'day', 'price'] as const

/**
 * Reads the values of the rows after a header. A row in the standard form takes the fast path of {@link RowChecker.accept}. Any other row is read by
 * the conventions of the file.
 */
export class RowValues {
  readonly fields: CsvFields
  readonly #checker: RowChecker
  readonly #prices: PriceRows
  readonly #columns: CsvHeader['columns']
  readonly #fixed: CsvOptions['fixed']
  readonly #index = new IndexColumn()
  /** Whether the file has the four columns of a price and no other: a standard row is then checked in place. */
  readonly #isSimple: boolean
  /** Whether the last field of the header is read: a decimal comma in a field before an ignored one would move the fields. */
  readonly #endsWithRead: boolean
  /** Slot of a field after the price that is not read, in a file with commas; -1 if there is none. It may be the decimals of a price. */
  readonly #slotAfterPrice: number = -1
  #maybeSplit: { row: number, price: string, decimals: string, source: Source } | null = null
  /** Whether the next row may be plain: its fields are in the standard order, and the rows before it were in the standard form. */
  #isPlain: boolean
  /** Whether a plain row was noted, and whether one has shown the decimal sign. */
  #hasForm = false
  #hasSign = false

  constructor (header: CsvHeader, prices: PriceRows, checker: RowChecker, { fixed }: CsvOptions) {
    const { places, unnamed, names } = header.columns
    this.#checker = checker
    this.#prices = prices
    this.#columns = header.columns
    this.#fixed = fixed
    const slotOf = new Map<number, number>(unnamed.map((at, index) => [at, slots.length + index]))
    for (const [slot, columns] of slots.entries()) for (const column of columns) if (places[column] !== undefined) slotOf.set(places[column], slot)
    this.#endsWithRead = slotOf.has(names.length - 1)
    const afterPrice = (places.price ?? names.length) + 1
    if (header.separator === ',' && afterPrice < names.length && !slotOf.has(afterPrice)) {
      this.#slotAfterPrice = slots.length + unnamed.length
      slotOf.set(afterPrice, this.#slotAfterPrice)
    }
    this.fields = new CsvFields(header.separator.charCodeAt(0), names.map((_, at) => slotOf.get(at) ?? -1))
    this.#isSimple = unnamed.length === 0 && standard.every(column => places[column] !== undefined)
    this.#isPlain = this.#isSimple && this.fields.isOrdered && prices.isStandard
  }

  /** Reads valid plain rows, the first of which begins at `start`. Returns the index after them. Returns 0, and does nothing, for any other row. */
  readPlain (bytes: Uint8Array, start: number): number {
    if (!this.#isPlain) return 0
    const checker = this.#checker
    const { separator } = this.fields
    let at = start
    for (let next = 0; !checker.stopped && (next = readPlainRow(bytes, at, separator, checker)) > 0; at = next) {
      if (!this.#hasSign) this.#notePlain(bytes, at, next)
    }
    return at === start ? 0 : at
  }

  /** Reads the row `bytes[start, end)`, whose fields were found. The caller has begun the row with `checker.nextRow()`. */
  read (bytes: Uint8Array, start: number, end: number): void {
    const { fields } = this
    if (this.#hasFieldCount(bytes, end)) return this.#readFields(bytes, start, end)
    if (isTotal(firstField(bytes, start, end, fields.separator))) return this.#checker.refuse('totals_row', line(bytes, start, end))
    const found = fields.count === 1 ? '1 field' : `${fields.count} fields`
    this.#checker.refuse('field_count', line(bytes, start, end), { detail: `${found}, the header ${fields.width}` })
  }

  /** Notes what a plain row proves: its price stands at the end of `bytes[start, next)`. */
  #notePlain (bytes: Uint8Array, start: number, next: number): void {
    const end = bytes[next - 2] === CR ? next - 2 : next - 1
    this.#hasSign = bytes[end - 3] === POINT || bytes[end - 2] === POINT
    if (this.#hasForm && !this.#hasSign) return
    this.#hasForm = true
    const price = Buffer.from(bytes.subarray(Math.max(start, end - 12), end)).toString('latin1').replace(/^.*[^\d.]/, '')
    this.#prices.noteStandard(this.#hasSign ? price : null)
  }

  /** Returns whether a row has the fields of the header. Empty fields after them, and fields without a name at the end, may be there or not. */
  #hasFieldCount (bytes: Uint8Array, end: number): boolean {
    const { count, width, separator, restStart } = this.fields
    if (count === width) return true
    if (count < width) return count > Math.max(...Object.values(this.#columns.places))
    return this.#endsWithRead && isBlankRest(bytes, restStart, end, separator)
  }

  /** Stops the reader if the decimals of a price may stand in a field that is not read, and no price shows that its decimal sign is a point. */
  finish (): void {
    const split = this.#maybeSplit
    if (!split || this.#checker.stopped || this.#prices.conventions.decimalSign === '.') return
    const { row, price, decimals, source } = split
    this.#checker.stopAt(row, 'ambiguous_price', { column: 'price', value: price, detail: `${price} or ${price}.${decimals}` }, source)
  }

  #noteSplit (bytes: Uint8Array, start: number, end: number): void {
    const [price, decimals] = [this.fields.text(bytes, 3).toString('latin1'), this.fields.text(bytes, this.#slotAfterPrice).toString('latin1')]
    if (!/^\d{1,10}$/.test(price) || !/^\d{1,2}$/.test(decimals)) return
    this.#maybeSplit = { row: this.#checker.rowNumber, price, decimals, source: { bytes: bytes.slice(start, end), start: 0, end: end - start } }
  }

  #readFields (bytes: Uint8Array, start: number, end: number): void {
    if (this.#slotAfterPrice >= 0 && !this.#maybeSplit) this.#noteSplit(bytes, start, end)
    if (this.#isSimple && this.#prices.isStandard && this.#checker.accept(bytes, this.fields.spans)) return this.#noteAccepted(bytes)
    const source = (): Source => line(bytes, start, end)
    const cells = slots.map((columns, slot) => this.#cell(bytes, slot, columns))
    const first = firstField(bytes, start, end, this.fields.separator)
    if ([first, ...cells].some(cell => typeof cell === 'string' && isTotal(cell))) return this.#checker.refuse('totals_row', source())
    if (this.#isHeaderAgain(bytes)) return this.#checker.refuse('repeated_header', source())
    if (!this.#hasOnlyNamed(bytes)) return this.#checker.refuse('value_without_column', source())
    const [orig, dest, day, price, to] = cells as [Cell, Cell, Cell, Cell, Cell]
    const isValidity = this.#columns.places.valid_to !== undefined || this.#fixed?.valid_to !== undefined
    this.#prices.read({ orig, dest, day, price, ...(isValidity ? { to } : {}) }, source)
    this.#isPlain &&= this.#prices.isStandard
  }

  /** Returns whether a row has the names of the columns, as joined files have it. */
  #isHeaderAgain (bytes: Uint8Array): boolean {
    const { places, names } = this.#columns
    return slots.every((columns, slot) => columns.every(column =>
      places[column] === undefined || this.fields.text(bytes, slot).toString().trim() === names[places[column]]))
  }

  #noteAccepted (bytes: Uint8Array): void {
    const price = this.#prices.conventions.decimalSign === null ? this.fields.text(bytes, 3).toString('latin1') : ''
    this.#prices.noteStandard(price.includes('.') ? price : null)
  }

  #cell (bytes: Uint8Array, slot: number, columns: readonly ColumnName[]): Cell {
    if (!columns.some(column => this.#columns.places[column] !== undefined)) {
      return columns.map(column => this.#fixed?.[column]).find(value => value !== undefined) ?? null
    }
    const value = this.fields.text(bytes, slot)
    return isUtf8(value) ? value.toString() : { fault: 'not_utf8', text: value.toString() }
  }

  /** Returns whether no field without a name has a value, but for an index. */
  #hasOnlyNamed (bytes: Uint8Array): boolean {
    return this.#columns.unnamed.every((at, index) =>
      at >= this.fields.count || this.#index.allows(this.fields.text(bytes, slots.length + index).toString(), at, this.#checker.rowsSeen))
  }
}
