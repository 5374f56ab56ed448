import { guessFileType } from '../../../lib/batch/content/guess-file-type.ts'
import { Carry } from './carry.ts'
import { CsvRows } from './csv/csv.ts'
import { JsonRows } from './json/json.ts'
import { NdjsonRows } from './json/ndjson.ts'
import { RowChecker, type RowSink } from './values/row-checker.ts'
import type { RowRules } from './values/rules.ts'

export type RowFormat = 'csv' | 'ndjson' | 'json'

/** Reader of a file in chunks of any length. Synchronous: when `write` returns, the sink has received every complete row. */
export type RowReader = {
  write (chunk: Uint8Array): void
  /** Marks the end of the file. The caller must not write after this call. */
  end (): void
  /** Number of data rows so far, good and bad. */
  readonly rowsSeen: number
  /** True after an error of the complete file was reported. The reader ignores later chunks. The digest of the payload still needs their bytes. */
  readonly stopped: boolean
}

/** Creates a reader of one file. The reader never throws because of the content of the file. */
export function createRowReader (format: RowFormat, rules: RowRules, sink: RowSink): RowReader {
  return new Reader(format, new RowChecker(rules, sink))
}

const parsers = { csv: CsvRows, ndjson: NdjsonRows, json: JsonRows }
const BOM = [0xef, 0xbb, 0xbf]
// A large chunk is read in pieces of this many bytes, so that joining two chunks copies few bytes.
const PIECE_BYTES = 65_536

class Reader implements RowReader {
  readonly #checker: RowChecker
  readonly #parser: CsvRows | NdjsonRows | JsonRows
  readonly #carry = new Carry()
  #begun = false

  constructor (format: RowFormat, checker: RowChecker) {
    this.#checker = checker
    this.#parser = new parsers[format](checker)
  }

  get rowsSeen (): number {
    return this.#checker.rowsSeen
  }

  get stopped (): boolean {
    return this.#checker.stopped
  }

  write (chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.stopped; at += PIECE_BYTES) {
      const bytes = this.#carry.join(chunk.subarray(at, at + PIECE_BYTES))
      if (this.#begun) this.#carry.keep(bytes, this.#parser.read(bytes))
      else if (bytes.length < BOM.length) this.#carry.keep(bytes, 0)
      else this.#begin(bytes)
    }
  }

  end (): void {
    if (this.stopped) return
    const rest = this.#carry.join(new Uint8Array(0))
    this.#parser.end(rest.subarray(this.#parser.read(rest)))
    if (this.rowsSeen === 0 && !this.stopped) this.#checker.stop('no_rows')
  }

  /** Reads the first bytes. A byte order mark is not part of the first row. */
  #begin (bytes: Uint8Array): void {
    this.#begun = true
    const guess = guessFileType(bytes)
    if (guess) return this.#checker.stop('not_utf8', { detail: `: ${guess}` })
    const text = bytes.subarray(BOM.every((byte, at) => bytes[at] === byte) ? BOM.length : 0)
    this.#carry.keep(text, this.#parser.read(text))
  }
}
