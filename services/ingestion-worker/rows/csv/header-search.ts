import { Titles } from '../table/titles.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { explainHeader, readHeader, separators, type CsvHeader, type Separator } from './csv-header.ts'
import { readSepLine, type CsvOptions } from './dialect.ts'

/** Looks for the header of a CSV file, line by line. Lines before it are titles, and the first may name the separator (`sep=;`). */
export class HeaderSearch {
  readonly titles: Titles
  #separator: Separator | undefined
  #firstLine: Buffer | null = null
  readonly #checker: RowChecker
  readonly #options: CsvOptions

  constructor (checker: RowChecker, options: CsvOptions) {
    this.#checker = checker
    this.titles = new Titles(checker)
    this.#options = options
    this.#separator = options.separator
  }

  /** Reads a line. Returns the header, or null for a title. Stops the reader if the header is invalid, or if too many lines are titles. */
  read ({ bytes, start, end }: Source): CsvHeader | null {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, maxSepLineBytes)).toString()
    const separator = this.#firstLine ? undefined : readSepLine(text)
    if (separator) {
      this.#separator = separator
      return null
    }
    this.#firstLine ??= Buffer.from(bytes.subarray(start, end))
    const header = readHeader({ bytes, start, end }, this.#checker, { ...this.#options, separator: this.#separator })
    if (header) this.titles.check()
    else if (!this.#checker.stopped && !this.#addTitle(bytes, start, end)) this.fail()
    return header
  }

  #addTitle (bytes: Uint8Array, start: number, end: number): boolean {
    const line = Buffer.from(bytes.subarray(start, Math.min(end, start + maxTitleBytes)))
    const text = line.toString()
    return this.titles.add([[text], ...separators.map(separator => text.split(separator))], () => ({ bytes: line, start: 0, end: line.length }))
  }

  /** Stops the reader: the file has no header. A first line with the name of one column is explained. */
  fail (): void {
    const source = this.#firstLine && { bytes: this.#firstLine, start: 0, end: this.#firstLine.length }
    if (source) explainHeader(source, this.#checker, { ...this.#options, separator: this.#separator })
    if (!this.#checker.stopped) this.#checker.stop('no_header', {}, source)
  }
}

/** Bytes of a title that are looked at. */
const maxTitleBytes = 4_000
/** A line that names the separator is shorter. */
const maxSepLineBytes = 100
