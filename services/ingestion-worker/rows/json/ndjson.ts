import { isSpace } from './json-members.ts'
import { JsonRow } from './json-row.ts'
import type { RowChecker } from '../values/row-checker.ts'

const LF = 0x0a

/** Parses one JSON object per line: LF or CRLF, the last line with or without a line end. Blank lines are skipped and not counted. */
export class NdjsonRows {
  readonly #checker: RowChecker
  readonly #row: JsonRow
  /** Bytes of an incomplete line that were already searched for its end. */
  #seen = 0
  /** Whether the next bytes are the rest of a line that is too long. */
  #skipping = false

  constructor (checker: RowChecker) {
    this.#checker = checker
    this.#row = new JsonRow(checker)
  }

  /** Reads the complete lines and returns their number of bytes. The caller repeats the other bytes, followed by more. */
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

  /** Reads the remaining bytes at the end of the file. */
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

  /** Leaves the incomplete line that begins at `start` for the next call, or skips the line if it is already too long. */
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
