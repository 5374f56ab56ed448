import { type CsvHeader, readHeader } from './csv-header.ts'
import type { RowChecker } from './row-checker.ts'
import { columns, newSpans } from './validate.ts'

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d
const INCOMPLETE = -1

/**
 * CSV as RFC 4180 has it, and as it comes: LF or CRLF, comma or semicolon, quoted fields with doubled quotes and line ends in
 * them, the last line with or without its end. Blank lines are skipped, uncounted, wherever they are. A quote that does
 * not open a field is a character like any other.
 *
 * A quote that is opened and not closed (within the longest row accepted, or before the file's end) costs its own line alone: what
 * was read past that line is read again, this time with a row never longer than its line.
 */
export class CsvRows {
  readonly #checker: RowChecker
  readonly #spans = newSpans()
  #header: CsvHeader | null = null
  /** Place in the file of the first of the bytes at hand. */
  #offset = 0
  /** Place in the file before which a row ends with its line, quotes or not. */
  #singleLinesUntil = 0
  /** The rest of a row that is too long is still to come. */
  #skipping = false
  #ended = false

  constructor (checker: RowChecker) {
    this.#checker = checker
  }

  /** Reads the rows that are whole; how many bytes they had. What is left is to be given again, with more behind it. */
  read (bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length && !this.#checker.stopped) {
      const next = this.#skipping ? this.#skip(bytes, at) : this.#row(bytes, at)
      if (next === INCOMPLETE) break
      at = next
    }
    this.#offset += at
    return at
  }

  /** The last bytes. */
  end (rest: Uint8Array): void {
    this.#ended = true
    if (rest.length > 0 && !this.#skipping) this.read(Buffer.concat([rest, new Uint8Array([LF])]))
    if (!this.#header && !this.#checker.stopped) this.#checker.stop('no_header')
  }

  /** Reads the row that begins at `start`; where the next one does. */
  #row (bytes: Uint8Array, start: number): number {
    if (bytes[start] === LF) return start + 1
    if (bytes[start] === CR && bytes[start + 1] === LF) return start + 2
    if (!this.#header) return this.#headerLine(bytes, start)
    const { separator, order } = this.#header
    const spans = this.#spans
    const limit = this.#limit(bytes, start)
    let at = start
    let fields = 0
    let doubled = 0 // fields that have doubled quotes, as bits
    for (;;) {
      let first = at
      let last = -1
      if (bytes[at] === QUOTE && at < limit) {
        const close = closingQuote(bytes, at + 1, limit)
        if (close === INCOMPLETE) return this.#unfinished(bytes, start, limit, true)
        const after = bytes[close + 1] === CR && bytes[close + 2] === LF ? close + 2 : close + 1
        if (after < limit && (bytes[after] === separator || bytes[after] === LF)) {
          first = at + 1
          last = close
          at = after
          if (fields < columns.length && bytes.subarray(first, last).includes(QUOTE)) doubled |= 1 << order[fields]!
        } else {
          at = close + 1 // something behind the quote: all of it is the value, quotes included, and fails as such
        }
      }
      while (at < limit && bytes[at] !== separator && bytes[at] !== LF) at++
      if (at >= limit) return this.#unfinished(bytes, start, limit, false)
      if (last < 0) last = bytes[at] === LF && bytes[at - 1] === CR && at > first ? at - 1 : at
      if (fields < columns.length) {
        const place = order[fields]! * 2
        spans[place] = first
        spans[place + 1] = last
      }
      fields++
      if (bytes[at] === LF) break
      at++
    }
    if (this.#checker.nextRow()) this.#check(bytes, start, at, fields, doubled)
    return at + 1
  }

  #check (bytes: Uint8Array, start: number, end: number, fields: number, doubled: number): void {
    if (fields === columns.length && this.#checker.accept(bytes, this.#spans)) return
    const source = { bytes, start, end: bytes[end - 1] === CR ? end - 1 : end }
    if (fields !== columns.length) {
      this.#checker.refuse('field_count', source, { detail: `${fields} field${fields === 1 ? '' : 's'}, the header ${columns.length}` })
    } else {
      const values = doubled ? undouble(bytes, this.#spans, doubled) : bytes
      this.#checker.explain(values, this.#spans, source)
    }
  }
