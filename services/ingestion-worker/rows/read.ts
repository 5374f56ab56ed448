import { guessFileType } from '../../../lib/batch/content/guess-file-type.ts'
import { charsetBytes, detectCharset, type Charset } from '../../../lib/batch/content/charset.ts'
import { Carry } from './carry.ts'
import { CsvRows } from './csv/csv.ts'
import type { CsvOptions } from './csv/dialect.ts'
import { JsonRows } from './json/json.ts'
import { NdjsonRows } from './json/ndjson.ts'
import { LineEnds } from './text/line-ends.ts'
import { NotText, openTextDecoder } from './text/text-decoder.ts'
import { RowChecker, type RowSink } from './values/row-checker.ts'
import type { RowRules } from './values/rules.ts'

export type RowFormat = 'csv' | 'ndjson' | 'json'

/** What is declared about a text file beside its format. */
export type TextOptions = CsvOptions & { charset?: Charset | undefined }

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
export function createRowReader (format: RowFormat, rules: RowRules, sink: RowSink, options: TextOptions = { maxDays: 366 }): TextReader {
  return new TextReader(format, new RowChecker(rules, sink), options)
}

const BOM = Buffer.from('\ufeff')
// A large chunk is read in pieces of this many bytes, so that joining two chunks copies few bytes.
const PIECE_BYTES = 65_536

export class TextReader implements RowReader {
  readonly parser: CsvRows | NdjsonRows | JsonRows
  charset: Charset = 'utf-8'
  readonly #checker: RowChecker
  readonly #options: TextOptions
  readonly #lineEnds: LineEnds | null
  readonly #carry = new Carry()
  #decoder: ReturnType<typeof openTextDecoder> | null = null

  constructor (format: RowFormat, checker: RowChecker, options: TextOptions) {
    this.#checker = checker
    this.#options = options
    this.parser = format === 'csv' ? new CsvRows(checker, options) : format === 'json' ? new JsonRows(checker) : new NdjsonRows(checker)
    this.#lineEnds = format === 'csv' ? new LineEnds() : null
  }

  get rowsSeen (): number {
    return this.#checker.rowsSeen
  }

  get stopped (): boolean {
    return this.#checker.stopped
  }

  write (chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.stopped; at += PIECE_BYTES) this.#write(chunk.subarray(at, at + PIECE_BYTES))
  }

  end (): void {
    const steps = this.finish()
    while (!steps.next().done) continue
  }

  /** Ends the file in steps: other work of the process may be done between them. */
  * finish (): Generator<void> {
    if (this.stopped) return
    if (!this.#decoder) this.#begin(this.#carry.join(new Uint8Array(0)))
    this.#decode(() => this.#decoder!.end())
    if (this.stopped) return
    const rest = this.#carry.join(this.#lineEnds?.end() ?? new Uint8Array(0))
    const { parser } = this
    const last = rest.subarray(parser.read(rest))
    if (parser instanceof CsvRows) yield * parser.finish(last)
    else parser.end(last)
    if (this.rowsSeen === 0 && !this.stopped) this.#checker.stop('no_rows')
  }

  #write (piece: Uint8Array): void {
    if (this.#decoder) return this.#decode(() => this.#decoder!.write(piece))
    const bytes = this.#carry.join(piece)
    if (bytes.length < charsetBytes) this.#carry.keep(bytes, 0)
    else this.#begin(bytes)
  }

  /** Reads the first bytes. A byte order mark is not part of the first row. */
  #begin (bytes: Uint8Array): void {
    const isCsv = this.#lineEnds !== null
    const charset = isCsv ? this.#options.charset ?? detectCharset(bytes) : 'utf-8'
    this.charset = charset
    this.#decoder = openTextDecoder(charset)
    const guess = charset.startsWith('utf-16') ? null : guessFileType(bytes)
    if (guess) return this.#checker.stop('not_utf8', { detail: `: ${guess}` })
    const text = new Uint8Array(bytes.subarray(BOM.every((byte, at) => bytes[at] === byte) ? BOM.length : 0))
    this.#carry.keep(text, text.length)
    this.#decode(() => this.#decoder!.write(text))
  }

  #decode (read: () => Uint8Array): void {
    try {
      const text = read()
      const bytes = this.#carry.join(this.#lineEnds?.write(text) ?? text)
      this.#carry.keep(bytes, this.parser.read(bytes))
    } catch (error) {
      if (!(error instanceof NotText)) throw error
      this.#checker.stop('not_utf8', { detail: `: it begins as ${this.charset.toUpperCase()}, and is damaged` })
    }
  }
}
