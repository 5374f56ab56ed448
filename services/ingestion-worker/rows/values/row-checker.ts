import type { ReportedCell } from '../../../../lib/batch/report/reported-error.ts'
import { readCents } from './cents.ts'
import { readDay } from './days.ts'
import { findUnexpectedCharacters } from './unexpected-characters.ts'
import { bounded, boundedText, errorMessage, MAX_ORIGINAL_CHARS, MAX_VALUE_CHARS, type RowError, type RowErrorCode } from './row-error.ts'
import type { RowRules } from './rules.ts'
import { columns, dayFault, destFault, fieldFaults, origFault, priceFault, type Spans } from './validate.ts'

/** Receiver of rows and errors. Called synchronously. Rows that wait for the conventions of the file come at its end. */
export type RowSink = {
  /**
   * Receives a good row.
   *
   * @param orig index into `rules.ports.codes`
   * @param dest the same
   * @param day days since 1970-01-01
   * @param cents USD times 100
   * @param row number of an earlier row, if the row has waited; without it the price is of the current row
   */
  price (orig: number, dest: number, day: number, cents: number, row?: number): void
  /** Receives one fault. A row may have several faults. A file with any fault must not be applied. */
  error (error: RowError): void
}

/** Bytes of the current row, for its errors, and its cells if it is of a workbook. */
export type Source = { bytes: Uint8Array, start: number, end: number, cells?: ReportedCell[] }

// A row of 64 KiB can hold thousands of unknown keys. The limit prevents a report that is orders of magnitude larger than the file.
const MAX_ERRORS_PER_ROW = 16

/** Checks rows of all formats: counts rows, passes good rows to the sink, reports faults, and stops the reader. */
export class RowChecker {
  readonly rules: RowRules
  /** Number of data rows so far, good and bad. */
  rowsSeen = 0
  /** True after a fault of the file. The parsers then read no more rows. */
  stopped = false
  readonly #sink: RowSink
  #sheetRow: number | undefined
  #errorsOfRow = 0
  /** The row whose cells were reported last. */
  #rowWithCells = -1
  #gapBytes = 0

  constructor (rules: RowRules, sink: RowSink) {
    this.rules = rules
    this.#sink = sink
  }

  /** Number of the current row in errors. */
  get rowNumber (): number {
    return this.#sheetRow ?? this.rowsSeen
  }

  /** Begins a row of a sheet, by its number there. Returns false as {@link nextRow} does. */
  nextSheetRow (number: number): boolean {
    this.#sheetRow = number
    return this.nextRow()
  }

  /** Begins a row. Returns false, and stops the reader, if the file has too many rows. */
  nextRow (): boolean {
    if (this.rowsSeen === this.rules.maxRows) {
      this.stop('too_many_rows', { detail: String(this.rules.maxRows) })
      return false
    }
    this.rowsSeen++
    this.#errorsOfRow = 0
    this.#gapBytes = 0
    return true
  }

  /** Counts bytes between rows. Stops the reader after too many consecutive ones. */
  skipped (bytes: number): void {
    this.#gapBytes += bytes
    const { maxGapBytes } = this.rules
    if (this.#gapBytes > maxGapBytes && !this.stopped) this.stop('gap_too_long', { detail: String(maxGapBytes) })
  }

  /** Passes a good row to the sink and returns true. Returns false for a bad row. A good row needs no other check of its values. */
  accept (bytes: Uint8Array, spans: Spans): boolean {
    const { ports } = this.rules
    const orig = ports.find(bytes, spans[0]!, spans[1]!)
    const dest = ports.find(bytes, spans[2]!, spans[3]!)
    const day = readDay(bytes, spans[4]!, spans[5]!)
    const cents = readCents(bytes, spans[6]!, spans[7]!)
    if (this.#hasFault(orig, dest, day, cents)) return false
    this.#sink.price(orig, dest, day, cents)
    return true
  }

  /** Passes a price that has passed the rules to the sink. */
  give (orig: number, dest: number, day: number, cents: number, row?: number): void {
    this.#sink.price(orig, dest, day, cents, row)
  }

  /** Counts a good row and passes it to the sink, and returns true. Returns false, and does nothing, if a value has a fault. */
  acceptValues (orig: number, dest: number, day: number, cents: number): boolean {
    if (this.#hasFault(orig, dest, day, cents)) return false
    if (this.nextRow()) this.#sink.price(orig, dest, day, cents)
    return true
  }

  #hasFault (orig: number, dest: number, day: number, cents: number): boolean {
    const { rules } = this
    return Boolean(origFault(orig) ?? destFault(dest, orig) ?? dayFault(day, rules) ?? priceFault(cents, rules))
  }

  /**
   * Reports the faults of a row that was not accepted, except in the columns `skip`, whose faults are already reported. Throws if the row has
   * none: {@link accept} and {@link fieldFaults} then differ, and the row would be lost without an error.
   */
  explain (bytes: Uint8Array, spans: Spans, source: Source, skip?: ReadonlySet<number>): void {
    for (const { column, code, detail } of fieldFaults(bytes, spans, this.rules)) {
      if (skip?.has(column)) continue
      const value = code === 'missing_value' ? null : boundedText(bytes, spans[column * 2]!, spans[column * 2 + 1]!, MAX_VALUE_CHARS)
      this.refuse(code, source, { column: columns[column], value, detail })
    }
    if (this.#errorsOfRow === 0) throw new Error(`row ${this.rowsSeen} is neither accepted nor has it a fault`)
  }

  /** Reports one fault of the current row. */
  refuse (code: RowErrorCode, source: Source, fault: Fault = {}): void {
    if (++this.#errorsOfRow > MAX_ERRORS_PER_ROW) return
    this.#report(this.rowNumber, code, source, fault)
  }

  /** Reports one fault of an earlier row, whose text is no longer there. */
  refuseEarlier (row: number, code: RowErrorCode, fault: Fault): void {
    this.#report(row, code, null, fault)
  }

  /** Reports a fault of the file and stops the reader, with the first row that shows the fault. */
  stopAt (row: number, code: RowErrorCode, fault: Fault, source: Source | null): void {
    this.stopped = true
    this.#report(row, code, source, fault)
  }

  /** Reports a fault of the file and stops the reader. May be called several times. */
  stop (code: RowErrorCode, fault: Fault = {}, source: Source | null = null): void {
    if (!this.stopped) this.#errorsOfRow = 0
    this.stopped = true
    if (++this.#errorsOfRow > MAX_ERRORS_PER_ROW) return
    this.#report(0, code, source, fault)
  }

  #report (row: number, code: RowErrorCode, source: Source | null, { column = null, value = null, detail, cell }: Fault): void {
    // A header without a known name has no column and no value, so the line itself is searched.
    const text = code === 'no_header' && source ? boundedText(source.bytes, source.start, source.end, MAX_VALUE_CHARS) : value ?? column ?? ''
    const unexpected = code === 'not_utf8' ? null : findUnexpectedCharacters(text.slice(0, MAX_VALUE_CHARS))
    const cells = row === this.#rowWithCells ? undefined : source?.cells
    if (cells) this.#rowWithCells = row
    this.#sink.error({
      row,
      ...(cell === undefined ? {} : { cell: bounded(cell, MAX_VALUE_CHARS) }),
      column: column === null ? null : bounded(column, MAX_VALUE_CHARS),
      value: value === null ? null : bounded(value, MAX_VALUE_CHARS),
      code,
      message: errorMessage(code, detail) + (unexpected ? `; there is ${unexpected}` : ''),
      original: source && boundedText(source.bytes, source.start, source.end, MAX_ORIGINAL_CHARS),
      ...(cells ? { cells } : {}),
    })
  }
}

type Fault = { column?: string | null, value?: string | null, detail?: string, cell?: string | undefined }
