import { CsvFields } from './csv-fields.ts'
import { readHeader } from './csv-header.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { columns } from '../values/validate.ts'

const LF = 0x0a
const CR = 0x0d
const COMMA = 0x2c
const SEMICOLON = 0x3b
const INCOMPLETE = -1

/**
 * CSV as RFC 4180 has it, and as it comes: LF or CRLF, comma or semicolon, quoted fields with doubled quotes and line ends in
 * them, the last line with or without its end. Blank lines, and lines of separators alone, are skipped, uncounted,
 * wherever they are. A quote that does
 * not open a field is a character like any other.
 *
 * A quote that is opened and not closed (within the longest row accepted, or before the file's end) costs its own line alone: what
 * was read past that line is read again, a row then ending with its line whatever quotes it has. No byte is read a third time.
 */
export class CsvRows {
  readonly #checker: RowChecker
  #fields: CsvFields | null = null
  /** Place in the file of the first of the bytes at hand. */
  #offset = 0
  /** Place in the file before which a row ends with its line. */
  #singleLinesUntil = 0
  /** Bytes of a row's beginning that were looked at in vain. */
  #seen = 0
  /** The rest of a row that is too long is still to come. */
  #skipping = false
  #finished = false

  constructor (checker: RowChecker) {
    this.#checker = checker
  }

  /** Reads the rows that are whole; how many bytes they had. What is left is to be given again, with more behind it. */
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

  /** Reads what was left when no more comes. */
  end (rest: Uint8Array): void {
    this.#finished = true
    if (rest.length > 0) this.read(new Uint8Array([...rest, LF]))
    if (!this.#fields && !this.#checker.stopped) this.#checker.stop('no_header')
  }

  /** Reads the row that begins at `start`; where the next one does. */
  #row (bytes: Uint8Array, start: number): number {
    const blank = blankLine(bytes, start)
    if (blank > 0) {
      this.#checker.skipped(blank)
      return start + blank
    }
    const fields = this.#fields
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

  /** Where the next line begins when this one has nothing but separators, as spreadsheets write empty rows; INCOMPLETE for any other. */
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

  /** Index before which the row must end, as far as is known now. */
  #limit (bytes: Uint8Array, start: number): number {
    const limit = Math.min(bytes.length, start + this.#checker.rules.maxRowBytes + 1)
    if (this.#offset + start >= this.#singleLinesUntil) return limit
    const end = bytes.indexOf(LF, start)
    return end < 0 ? limit : Math.min(limit, end + 1)
  }

  /** The row has no end: more is to come, or it is too long, or a quote in it is not closed. */
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

  /** Past the rest of a row that is too long: the next line end, whatever quotes come before it. */
  #skip (bytes: Uint8Array, start: number): number {
    const end = bytes.indexOf(LF, start)
    this.#skipping = end < 0
    return end < 0 ? bytes.length : end + 1
  }
}

/** The bytes of a line that has nothing but its end; 0 for any other line. */
function blankLine (bytes: Uint8Array, start: number): number {
  if (bytes[start] === LF) return 1
  return bytes[start] === CR && start + 1 < bytes.length && bytes[start + 1] === LF ? 2 : 0
}

/** A row without its line end. */
function line (bytes: Uint8Array, start: number, end: number): Source {
  return { bytes, start, end: bytes[end - 1] === CR ? end - 1 : end }
}
