import { maxTitleRows } from '../table/table-rows.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { explainHeader, readHeader, type CsvHeader, type Separator } from './csv-header.ts'
import { readSepLine, type CsvOptions } from './dialect.ts'

/** Looks for the header of a CSV file, line by line. Lines before it are titles, and the first may name the separator (`sep=;`). */
export class HeaderSearch {
  /** Lines before the header. */
  titleRows = 0
  #separator: Separator | undefined
  #firstLine: Buffer | null = null
  readonly #checker: RowChecker
  readonly #options: CsvOptions

  constructor (checker: RowChecker, options: CsvOptions) {
    this.#checker = checker
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
    if (!header && !this.#checker.stopped && ++this.titleRows > maxTitleRows) this.fail()
    return header
  }

  /** Stops the reader: the file has no header. A first line with the name of one column is explained. */
  fail (): void {
    const source = this.#firstLine && { bytes: this.#firstLine, start: 0, end: this.#firstLine.length }
    if (source) explainHeader(source, this.#checker, { ...this.#options, separator: this.#separator })
    if (!this.#checker.stopped) this.#checker.stop('no_header', {}, source)
  }
}

/** A line that names the separator is shorter. */
const maxSepLineBytes = 100
