import { isUtf8 } from 'node:buffer'
import { isEmpty } from '../table/read-cell.ts'
import type { Cell } from '../table/cell.ts'
import type { Columns } from '../table/columns.ts'
import { PriceRows } from '../table/price-rows.ts'
import { maxTitleRows } from '../table/table-rows.ts'
import { isTotal } from '../table/totals.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { CsvFields } from './csv-fields.ts'
import { explainHeader, readHeader, separators, slots, type Separator } from './csv-header.ts'
import { readSepLine, type CsvOptions } from './dialect.ts'
import { readPlainRow } from './plain-row.ts'

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const POINT = 0x2e
const INCOMPLETE = -1

/**
 * Parses CSV (RFC 4180, and the variants of spreadsheet programs): LF or CRLF; comma, semicolon, tab or pipe; quoted fields with doubled quotes and
 * line ends; the last line with or without a line end; lines before the header. Blank lines, and lines of separators only, are skipped and not
 * counted. A quote that does not open a field is an ordinary character.
 *
 * A row in the standard form takes the fast path of {@link RowChecker.accept}. Any other row is read by the conventions of the file (`PriceRows`).
 *
 * A quote may be unclosed: within the longest accepted row, or before the end of the file. Only its own line is then an error. The bytes after
 * that line are read again, and each row in them ends with its line, whatever quotes it has. No byte is read a third time.
 */
export class CsvRows {
  readonly prices: PriceRows
  columns: Columns | null = null
  separator: Separator | undefined
  /** Lines before the header. */
  titleRows = 0
  blankRows = 0
  readonly #checker: RowChecker
  readonly #options: CsvOptions
  #fields: CsvFields | null = null
  /** Whether the file has the four columns of a price and no other: a standard row is then checked in place. */
  #isSimple = false
  /** Whether the next row may be plain: its fields are in the standard order, and the rows before it were in the standard form. */
  #isPlain = false
  /** Whether a plain row has shown the decimal sign. */
  #isNoted = false
  #hasPlainRow = false
  #isIndexed = true
  /** Whether the last field of the header is read: a decimal comma in a field before an ignored one would move the fields. */
  #endsWithRead = false
  #firstLine: Buffer | null = null
  /** Offset in the file of the first byte of the current input. */
  #offset = 0
  /** Offset in the file before which each row ends with its line. */
  #singleLinesUntil = 0
  /** Bytes of an incomplete row that were already searched for its end. */
  #seen = 0
  /** Whether the next bytes are the rest of a row that is too long. */
  #skipping = false
  #finished = false

  constructor (checker: RowChecker, options: CsvOptions = { maxDays: 366 }) {
    this.#checker = checker
    this.#options = options
    this.separator = options.separator
    this.prices = new PriceRows(checker, { ...options, hasOneForm: true })
  }

  /** Reads the complete rows and returns their number of bytes. The caller repeats the other bytes, followed by more. */
  read (bytes: Uint8Array): number {
    let at = 0
    if (this.#seen > 0 && bytes.length <= this.#checker.rules.maxRowBytes && bytes.indexOf(LF, this.#seen) < 0) {
      this.#seen = bytes.length
      return 0
    }
    while (at < bytes.length && !this.#checker.stopped) {
      const next = this.#skipping ? this.#skip(bytes, at) : this.#row(bytes, at)
      if (next === INCOMPLETE) break
      at = next
    }
    this.#offset += at
    this.#seen = bytes.length - at
    return at
  }

  /** Reads the remaining bytes at the end of the file. */
  end (rest: Uint8Array): void {
    this.#finished = true
    if (rest.length > 0) this.read(new Uint8Array([...rest, LF]))
    if (!this.#fields && !this.#checker.stopped) this.#noHeader()
    this.prices.end()
  }

  /** Reads the row that begins at `start`. Returns the index of the next row. */
  #row (bytes: Uint8Array, start: number): number {
    const fields = this.#fields
    if (this.#isPlain) {
      const next = readPlainRow(bytes, start, fields!.separator, this.#checker)
      if (next > 0) {
        if (!this.#isNoted) this.#note(bytes, start, next)
        return next
      }
    }
    const blank = blankLine(bytes, start)
    if (blank > 0) return this.#skipped(start, start + blank)
    const next = this.#pastSeparators(bytes, start, fields)
    if (next !== INCOMPLETE) return this.#skipped(start, next)
    if (!fields) return this.#beforeRows(bytes, start)
    const end = fields.find(bytes, start, this.#limit(bytes, start))
    if (end < 0) return this.#unfinished(bytes, start, fields.inQuotes)
    if (!this.#checker.nextRow()) return end
    if (this.#hasFieldCount(bytes, end, fields)) this.#readFields(bytes, start, end, fields)
    else if (isTotal(firstField(bytes, start, end, fields.separator))) this.#checker.refuse('totals_row', line(bytes, start, end))
    else {
      const found = fields.count === 1 ? '1 field' : `${fields.count} fields`
      this.#checker.refuse('field_count', line(bytes, start, end), { detail: `${found}, the header ${fields.width}` })
    }
    return end + 1
  }

  #skipped (start: number, next: number): number {
    this.#checker.skipped(next - start)
    this.blankRows++
    return next
  }

  /** Notes what a standard row proves: its price stands at the end of `bytes[start, next)`. */
  #note (bytes: Uint8Array, start: number, next: number): void {
    const end = bytes[next - 2] === CR ? next - 2 : next - 1
    const hasPoint = bytes[end - 3] === POINT || bytes[end - 2] === POINT
    if (!hasPoint && this.#hasPlainRow) return
    this.#hasPlainRow = true
    this.#isNoted = hasPoint
    this.prices.noteStandard(hasPoint ? Buffer.from(bytes.subarray(Math.max(start, end - 12), end)).toString('latin1').replace(/^.*[^\d.]/, '') : null)
  }

  /** Returns whether a row has the fields of the header. Empty fields after them, and fields without a name at the end, may be there or not. */
  #hasFieldCount (bytes: Uint8Array, end: number, { count, width, separator, restStart }: CsvFields): boolean {
    if (count === width) return true
    if (count < width) return count > Math.max(...Object.values(this.columns!.places))
    if (!this.#endsWithRead) return false
    for (let at = restStart; at < end; at++) if (bytes[at] !== separator && bytes[at] !== SPACE && bytes[at] !== CR) return false
    return true
  }

  #readFields (bytes: Uint8Array, start: number, end: number, fields: CsvFields): void {
    const { prices } = this
    if (this.#isSimple && prices.isStandard && this.#checker.accept(bytes, fields.spans)) {
      const price = prices.conventions.decimalSign === null ? fields.text(bytes, 3).toString('latin1') : ''
      prices.noteStandard(price.includes('.') ? price : null)
      return
    }
    const source = (): Source => line(bytes, start, end)
    const cells = slots.map(([column, first], slot) => this.#cell(bytes, fields, slot, column!, first))
    const textAt = (index: number): string => fields.text(bytes, slots.length + index).toString()
    const other = this.columns!.unnamed.find((at, index) => at < fields.count && !this.#isEmptyOrIndex(textAt(index), at))
    const first = firstField(bytes, start, end, fields.separator)
    if ([first, ...cells].some(cell => typeof cell === 'string' && isTotal(cell))) this.#checker.refuse('totals_row', source())
    else if (other !== undefined) this.#checker.refuse('value_without_column', source())
    else {
      const [orig, dest, day, price, to] = cells as [Cell, Cell, Cell, Cell, Cell]
      prices.read({ orig, dest, day, price, ...(this.#has('valid_to') ? { to } : {}) }, source)
      this.#isPlain &&= prices.isStandard
    }
  }

  #has (column: 'valid_to'): boolean {
    return this.columns!.places[column] !== undefined || this.#options.fixed?.[column] !== undefined
  }

  #cell (bytes: Uint8Array, fields: CsvFields, slot: number, ...names: Array<(typeof slots)[number][number] | undefined>): Cell {
    const name = names.find(name => name && this.columns!.places[name] !== undefined)
    if (!name) return names.map(name => name && this.#options.fixed?.[name]).find(value => value !== undefined) ?? null
    const value = fields.text(bytes, slot)
    return isUtf8(value) ? value.toString() : { fault: 'not_utf8', text: value.toString() }
  }

  /** A data frame writes its index as a first column without a name: the number of the row from 0. */
  #isEmptyOrIndex (value: string, at: number): boolean {
    const isIndex = at === 0 && value === String(this.#checker.rowsSeen - 1)
    if (at === 0 && this.#checker.rowsSeen === 1) this.#isIndexed = isIndex
    return this.#isIndexed && at === 0 ? isIndex : isEmpty(value)
  }

  /** Returns the index after a line of separators and spaces only, which spreadsheets write for an empty row; INCOMPLETE for any other line. */
  #pastSeparators (bytes: Uint8Array, start: number, fields: CsvFields | null): number {
    const isSkipped = (byte: number): boolean => byte === SPACE || (fields ? byte === fields.separator : separatorBytes.includes(byte))
    if (!isSkipped(bytes[start]!)) return INCOMPLETE
    const limit = Math.min(bytes.length, start + this.#checker.rules.maxRowBytes + 1)
    let at = start + 1
    while (at < limit && isSkipped(bytes[at]!)) at++
    if (at < limit && bytes[at] === CR) at++
    return at < limit && bytes[at] === LF ? at + 1 : INCOMPLETE
  }

  /** Reads a line that may be the header. */
  #beforeRows (bytes: Uint8Array, start: number): number {
    const { maxRowBytes } = this.#checker.rules
    const end = bytes.indexOf(LF, start)
    if ((end < 0 ? bytes.length : end) - start > maxRowBytes) {
      this.#checker.stop('row_too_long', { detail: String(maxRowBytes) }, line(bytes, start, start + maxRowBytes + 1))
      return end + 1
    }
    if (end < 0) return INCOMPLETE
    const source = line(bytes, start, end)
    const separator = this.#firstLine ? undefined : readSepLine(textOf(source))
    if (separator) this.separator = separator
    else {
      this.#firstLine ??= Buffer.from(bytes.subarray(source.start, source.end))
      this.#header(source)
    }
    return end + 1
  }

  #header (source: Source): void {
    const header = readHeader(source, this.#checker, { ...this.#options, separator: this.separator })
    if (this.#checker.stopped) return
    if (!header) {
      if (++this.titleRows > maxTitleRows) this.#noHeader()
      return
    }
    const { places, unnamed, names } = header.columns
    const slotOf = new Map<number, number>(unnamed.map((at, index) => [at, slots.length + index]))
    for (const [slot, columns] of slots.entries()) for (const column of columns) if (places[column] !== undefined) slotOf.set(places[column], slot)
    this.columns = header.columns
    this.separator = header.separator
    this.#fields = new CsvFields(header.separator.charCodeAt(0), names.map((_, at) => slotOf.get(at) ?? -1))
    this.#isSimple = unnamed.length === 0 && (['orig_code', 'dest_code', 'day', 'price'] as const).every(column => places[column] !== undefined)
    this.#endsWithRead = slotOf.has(names.length - 1)
    this.#isPlain = this.#isSimple && this.#fields.isOrdered && this.prices.isStandard
  }

  #noHeader (): void {
    const source = this.#firstLine && { bytes: this.#firstLine, start: 0, end: this.#firstLine.length }
    if (source) explainHeader(source, this.#checker, { ...this.#options, separator: this.separator })
    if (!this.#checker.stopped) this.#checker.stop('no_header', {}, source)
  }

  /** Returns the index before which the row must end, as far as the input shows. */
  #limit (bytes: Uint8Array, start: number): number {
    const limit = Math.min(bytes.length, start + this.#checker.rules.maxRowBytes + 1)
    if (this.#offset + start >= this.#singleLinesUntil) return limit
    const end = bytes.indexOf(LF, start)
    return end < 0 ? limit : Math.min(limit, end + 1)
  }

  /** Handles a row without an end: more input may follow, or the row is too long, or a quote in the row is not closed. */
  #unfinished (bytes: Uint8Array, start: number, inQuotes: boolean): number {
    const { maxRowBytes } = this.#checker.rules
    const longest = start + maxRowBytes + 1
    const tooLong = bytes.length >= longest
    if (inQuotes && (tooLong || this.#finished || this.#offset + start < this.#singleLinesUntil)) {
      const end = bytes.indexOf(LF, start)
      if (end >= 0 && end < longest) {
        if (this.#checker.nextRow()) this.#checker.refuse('unclosed_quote', line(bytes, start, end))
        this.#singleLinesUntil = Math.max(this.#singleLinesUntil, this.#offset + Math.min(longest, bytes.length))
        return end + 1
      }
    }
    if (!tooLong) return INCOMPLETE
    if (this.#checker.nextRow()) this.#checker.refuse('row_too_long', line(bytes, start, longest), { detail: String(maxRowBytes) })
    this.#skipping = true
    return longest
  }

  /** Skips the rest of a row that is too long, up to the next line end. Ignores quotes. */
  #skip (bytes: Uint8Array, start: number): number {
    const end = bytes.indexOf(LF, start)
    this.#skipping = end < 0
    return end < 0 ? bytes.length : end + 1
  }
}

const separatorBytes = separators.map(separator => separator.charCodeAt(0))

/** Returns the text of a row up to its first separator. */
function firstField (bytes: Uint8Array, start: number, end: number, separator: number): string {
  const at = bytes.subarray(start, Math.min(end, start + 200)).indexOf(separator)
  return at < 0 ? '' : Buffer.from(bytes.subarray(start, start + at)).toString()
}

const textOf = ({ bytes, start, end }: Source): string => Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 1_000)).toString()

/** Returns the length of a blank line with its line end; 0 for any other line. */
function blankLine (bytes: Uint8Array, start: number): number {
  if (bytes[start] === LF) return 1
  return bytes[start] === CR && start + 1 < bytes.length && bytes[start + 1] === LF ? 2 : 0
}

/** Returns a row without its line end. */
function line (bytes: Uint8Array, start: number, end: number): Source {
  return { bytes, start, end: bytes[end - 1] === CR ? end - 1 : end }
}
