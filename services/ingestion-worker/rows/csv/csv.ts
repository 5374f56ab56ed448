import type { Columns } from '../table/columns.ts'
import { PriceRows } from '../table/price-rows.ts'
import type { RowChecker } from '../values/row-checker.ts'
import type { Separator } from './csv-header.ts'
import type { CsvOptions } from './dialect.ts'
import { HeaderSearch } from './header-search.ts'
import { blankLine, LF, line, separatorsLine } from './lines.ts'
import { RowValues } from './row-values.ts'

const INCOMPLETE = -1

/**
 * Parses CSV (RFC 4180, and the variants of spreadsheet programs): LF or CRLF; comma, semicolon, tab or pipe; quoted fields with doubled quotes and
 * line ends; the last line with or without a line end; lines before the header. Blank lines, and lines of separators only, are skipped and not
 * counted. A quote that does not open a field is an ordinary character.
 *
 * A quote may be unclosed: within the longest accepted row, or before the end of the file. Only its own line is then an error. The bytes after
 * that line are read again, and each row in them ends with its line, whatever quotes it has. No byte is read a third time.
 */
export class CsvRows {
  readonly prices: PriceRows
  columns: Columns | null = null
  separator: Separator | undefined
  blankRows = 0
  readonly #checker: RowChecker
  readonly #options: CsvOptions
  readonly #search: HeaderSearch
  #values: RowValues | null = null
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
    this.#search = new HeaderSearch(checker, options)
    this.prices = new PriceRows(checker, { ...options, hasOneForm: true })
  }

  /** Lines before the header. */
  get titleRows (): number {
    return this.#search.titles.count
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

  /** Reads the remaining bytes at the end of the file, and ends it in steps as {@link PriceRows.finish}. */
  * finish (rest: Uint8Array): Generator<void> {
    this.#finished = true
    if (rest.length > 0) this.read(new Uint8Array([...rest, LF]))
    if (!this.#values && !this.#checker.stopped) this.#search.fail()
    this.#values?.finish()
    yield * this.prices.finish()
  }

  /** Reads the row that begins at `start`. Returns the index of the next row. */
  #row (bytes: Uint8Array, start: number): number {
    const values = this.#values
    const next = values === null ? 0 : values.readPlain(bytes, start)
    if (next > 0) return next
    const longest = Math.min(bytes.length, start + this.#checker.rules.maxRowBytes + 1)
    const blank = blankLine(bytes, start) || separatorsLine(bytes, start, longest, values && values.fields.separator)
    if (blank > 0) return this.#skipBlank(start, blank)
    if (!values) return this.#beforeRows(bytes, start)
    const end = values.fields.find(bytes, start, this.#limit(bytes, start))
    if (end < 0) return this.#unfinished(bytes, start, values.fields.inQuotes)
    if (!this.#checker.nextRow()) return end
    values.read(bytes, start, end)
    return end + 1
  }

  #skipBlank (start: number, length: number): number {
    this.#checker.skipped(length)
    this.blankRows++
    return start + length
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
    const header = this.#search.read(line(bytes, start, end))
    if (header) {
      this.columns = header.columns
      this.separator = header.separator
      this.#values = new RowValues(header, this.prices, this.#checker, this.#options)
    }
    return end + 1
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
