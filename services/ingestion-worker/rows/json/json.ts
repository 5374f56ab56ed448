import { JsonElement } from './json-element.ts'
import { isSpace } from './json-members.ts'
import { JsonRow } from './json-row.ts'
import type { RowChecker } from '../values/row-checker.ts'

const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c

// What the parser accepts next at the top level.
type Expected = 'array' | 'element or end' | 'element' | 'comma or end' | 'nothing'

/**
 * Parses one JSON array of objects, element by element, so that a file of any size needs only the memory of its longest row. An invalid
 * element is an error of its row. An invalid array (a missing or extra comma, no end, text after its end) stops the reader.
 */
export class JsonRows {
  readonly #checker: RowChecker
  readonly #row: JsonRow
  readonly #element = new JsonElement()
  #expected: Expected = 'array'
  #inElement = false
  /** Bytes of an incomplete element that were already searched for its end. */
  #seen = 0
  /** Whether the next bytes are the rest of an element that is too long. */
  #skipping = false

  constructor (checker: RowChecker) {
    this.#checker = checker
    this.#row = new JsonRow(checker)
  }

  /** Reads the complete elements and returns their number of bytes. The caller repeats the other bytes, followed by more. */
  read (bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length && !this.#checker.stopped) {
      if (this.#inElement) {
        const next = this.#skipping ? this.#skip(bytes, at) : this.#readElement(bytes, at)
        if (next < 0) return this.#skipping ? bytes.length : at
        at = next
      } else if (isSpace(bytes[at]!)) at = this.#space(bytes, at)
      else if (this.#step(bytes[at]!)) at++
    }
    return at
  }

  /** Checks at the end of the file that the array is complete. */
  end (_rest: Uint8Array): void {
    if (this.#checker.stopped || this.#expected === 'array' || this.#expected === 'nothing') return
    this.#checker.stop('malformed_json', { detail: 'the array has no end' })
  }

  /** Skips the white space that begins at `start`. Returns the index after the white space. */
  #space (bytes: Uint8Array, start: number): number {
    let end = start + 1
    while (end < bytes.length && isSpace(bytes[end]!)) end++
    this.#checker.skipped(end - start)
    return end
  }

  /** Handles one byte between elements. Returns false if the byte begins an element. */
  #step (byte: number): boolean {
    const expected = this.#expected
    if (expected === 'array') {
      if (byte !== OPEN) this.#checker.stop('not_an_array')
      this.#expected = 'element or end'
    } else if (byte === CLOSE && (expected === 'element or end' || expected === 'comma or end')) {
      this.#expected = 'nothing'
    } else if (byte === COMMA && expected === 'comma or end') {
      this.#expected = 'element'
    } else if (byte !== COMMA && byte !== CLOSE && byte !== 0x7d && (expected === 'element' || expected === 'element or end')) {
      this.#expected = 'comma or end'
      this.#inElement = true
      this.#element.begin(byte)
      return false
    } else {
      const found = JSON.stringify(String.fromCharCode(byte))
      this.#checker.stop('malformed_json', { detail: `${found} after row ${this.#checker.rowsSeen}, where ${expected} is expected` })
    }
    return true
  }

  /** Reads the element that begins at `start`. Returns the index after the element, or -1 if the element is incomplete. */
  #readElement (bytes: Uint8Array, start: number): number {
    const { maxRowBytes } = this.#checker.rules
    const longest = start + maxRowBytes + 1
    const limit = Math.min(bytes.length, longest)
    const end = this.#element.end(bytes, start + this.#seen, limit)
    this.#seen = 0
    if (end < 0 && limit < longest) {
      this.#seen = limit - start
      return -1
    }
    this.#inElement = end < 0
    if (end >= 0 && end - start <= maxRowBytes) {
      this.#row.read(bytes, start, end)
      return end
    }
    if (this.#checker.nextRow()) {
      this.#checker.refuse('row_too_long', { bytes, start, end: start + maxRowBytes }, { detail: String(maxRowBytes) })
    }
    this.#skipping = end < 0
    return end < 0 ? limit : end
  }

  #skip (bytes: Uint8Array, at: number): number {
    const end = this.#element.end(bytes, at, bytes.length)
    this.#inElement = this.#skipping = end < 0
    return end
  }
}
