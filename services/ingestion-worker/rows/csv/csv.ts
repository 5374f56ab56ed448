import { CsvFields } from './csv-fields.ts'
import { readHeader } from './csv-header.ts'
import { readPlainRow } from './plain-row.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { columns } from '../values/validate.ts'

const LF = 0x0a
const CR = 0x0d
const COMMA = 0x2c
const SEMICOLON = 0x3b
const INCOMPLETE = -1

/**
 * Parses CSV (RFC 4180, and common variants): LF or CRLF, comma or semicolon, quoted fields with doubled quotes and line ends, the last line
 * with or without a line end. Blank lines, and lines of separators only, are skipped and not counted. A quote that does not open a field
 * is an ordinary character.
 *
 * A quote may be unclosed: within the longest accepted row, or before the end of the file. Only its own line is then an error. The bytes after
 * that line are read again, and each row in them ends with its line, whatever quotes it has. No byte is read a third time.
 */
export class CsvRows {
  readonly #checker: RowChecker
  #fields: CsvFields | null = null
  /** Offset in the file of the first byte of the current input. */
  #offset = 0
  /** Offset in the file before which each row ends with its line. */
  #singleLinesUntil = 0
  /** Bytes of an incomplete row that were already searched for its end. */
  #seen = 0
  /** Whether the next bytes are the rest of a row that is too long. */
  #skipping = false
  #finished = false

  constructor (checker: RowChecker) {
    this.#checker = checker
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
    if (!this.#fields && !this.#checker.stopped) this.#checker.stop('no_header')
  }

  /** Reads the row that begins at `start`. Returns the index of the next row. */
  #row (bytes: Uint8Array, start: number): number {
    const fields = this.#fields
    if (fields?.isOrdered) {
      const next = readPlainRow(bytes, start, fields.separator, this.#checker)
      if (next > 0) return next
    }
    const blank = blankLine(bytes, start)
    if (blank > 0) {
      this.#checker.skipped(blank)
      return start + blank
    }
    if (bytes[start] === COMMA || bytes[start] === SEMICOLON) {
      const next = this.#pastSeparators(bytes, start, fields)
      if (next !== INCOMPLETE) {
        this.#checker.skipped(next - start)
        return next
      }
    }
    if (!fields) return this.#header(bytes, start)
    const end = fields.find(bytes, start, this.#limit(bytes, start))
    if (end < 0) return this.#unfinished(bytes, start, fields.inQuotes)
    if (!this.#checker.nextRow()) return end
    if (fields.count !== columns.length) {
      const found = fields.count === 1 ? '1 field' : `${fields.count} fields`
      this.#checker.refuse('field_count', line(bytes, start, end), { detail: `${found}, the header ${columns.length}` })
    } else if (!this.#checker.accept(bytes, fields.spans)) {
      this.#checker.explain(fields.unescape(bytes), fields.spans, line(bytes, start, end))
    }
    return end + 1
  }

  /** Returns the index after a line of separators only, which spreadsheets write for an empty row; INCOMPLETE for any other line. */
  #pastSeparators (bytes: Uint8Array, start: number, fields: CsvFields | null): number {
    const separator = bytes[start]!
    if (fields && separator !== fields.separator) return INCOMPLETE
    const limit = Math.min(bytes.length, start + this.#checker.rules.maxRowBytes + 1)
    let at = start + 1
    while (at < limit && bytes[at] === separator) at++
    if (at < limit && bytes[at] === CR) at++
    return at < limit && bytes[at] === LF ? at + 1 : INCOMPLETE
  }

  #header (bytes: Uint8Array, start: number): number {
    const { maxRowBytes } = this.#checker.rules
    const end = bytes.indexOf(LF, start)
    if ((end < 0 ? bytes.length : end) - start > maxRowBytes) {
      this.#checker.stop('row_too_long', { detail: String(maxRowBytes) }, line(bytes, start, start + maxRowBytes + 1))
    } else if (end < 0) return INCOMPLETE
    else {
      const header = readHeader(line(bytes, start, end), this.#checker)
      if (header) this.#fields = new CsvFields(header.separator, header.order)
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

/** Returns the length of a blank line with its line end; 0 for any other line. */
function blankLine (bytes: Uint8Array, start: number): number {
  if (bytes[start] === LF) return 1
  return bytes[start] === CR && start + 1 < bytes.length && bytes[start + 1] === LF ? 2 : 0
}

/** Returns a row without its line end. */
function line (bytes: Uint8Array, start: number, end: number): Source {
  return { bytes, start, end: bytes[end - 1] === CR ? end - 1 : end }
}
