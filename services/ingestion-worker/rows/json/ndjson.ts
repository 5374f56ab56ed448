import { isSpace } from './json-members.ts'
import { JsonRow } from './json-row.ts'
import type { RowChecker } from '../values/row-checker.ts'

const LF = 0x0a

/** One JSON object per line, LF or CRLF, the last line with or without its end. Lines of nothing but space are skipped, uncounted. */
export class NdjsonRows {
  readonly #checker: RowChecker
  readonly #row: JsonRow
  /** Bytes of a line's beginning that have no line end. */
  #seen = 0
  /** The rest of a line that is too long is still to come. */
  #skipping = false

  constructor (checker: RowChecker) {
    this.#checker = checker
    this.#row = new JsonRow(checker)
  }

  /** Reads the lines that are whole; how many bytes they had. What is left is to be given again, with more behind it. */
  read (bytes: Uint8Array): number {
    let start = 0
    while (!this.#checker.stopped) {
      const end = bytes.indexOf(LF, start + this.#seen)
      if (end < 0) return this.#keep(bytes, start)
      if (this.#skipping) this.#skipping = false
      else this.#line(bytes, start, end)
      this.#seen = 0
      start = end + 1
    }
    return start
  }

  /** Reads what was left when no more comes. */
  end (rest: Uint8Array): void {
    if (rest.length > 0) this.#line(rest, 0, rest.length)
  }

  #line (bytes: Uint8Array, start: number, end: number): void {
    if (end - start > this.#checker.rules.maxRowBytes) return this.#refuse(bytes, start)
    let at = start
    while (at < end && isSpace(bytes[at]!)) at++
    if (at < end) this.#row.read(bytes, start, end)
    else this.#checker.skipped(end - start + 1)
  }

  /** The line that begins at `start` has no end yet: keeps it, unless it is too long already. */
  #keep (bytes: Uint8Array, start: number): number {
    this.#seen = 0
    if (!this.#skipping && bytes.length - start <= this.#checker.rules.maxRowBytes) {
      this.#seen = bytes.length - start
      return start
    }
    if (!this.#skipping) this.#refuse(bytes, start)
    this.#skipping = true
    return bytes.length
  }

  #refuse (bytes: Uint8Array, start: number): void {
    const { maxRowBytes } = this.#checker.rules
    if (!this.#checker.nextRow()) return
    this.#checker.refuse('row_too_long', { bytes, start, end: start + maxRowBytes }, { detail: String(maxRowBytes) })
  }
}
