import { readCents } from './cents.ts'
import { readDay } from './days.ts'
import { findUnexpectedCharacters } from './unexpected-characters.ts'
import { bounded, boundedText, errorMessage, MAX_ORIGINAL_CHARS, MAX_VALUE_CHARS, type RowError, type RowErrorCode } from './row-error.ts'
import type { RowRules } from './rules.ts'
import { columns, dayFault, destFault, fieldFaults, origFault, priceFault, type Spans } from './validate.ts'

/** Where rows go. Called synchronously, in the order of the file. */
export type RowSink = {
  /**
   * A good row.
   *
   * @param orig index into `rules.ports.codes`
   * @param dest the same
   * @param day days since 1970-01-01
   * @param cents USD times 100
   */
  price (orig: number, dest: number, day: number, cents: number): void
  /** One fault; a row may have several, and a file with any is not to be applied. */
  error (error: RowError): void
}

/** The bytes of the row at hand, for its errors. */
export type Source = { bytes: Uint8Array, start: number, end: number }

// A row of 64 KiB can hold thousands of unknown keys: the report must not be larger than the file by orders of magnitude.
const MAX_ERRORS_PER_ROW = 16

/** What all formats share: counts rows, passes the good ones on, names the faults, and knows when reading is over. */
export class RowChecker {
  readonly rules: RowRules
  /** Data rows begun, good and bad. */
  rowsSeen = 0
  /** True once a fault of the file as a whole was found: nothing more is read. */
  stopped = false
  readonly #sink: RowSink
  #errorsOfRow = 0
  #gapBytes = 0

  constructor (rules: RowRules, sink: RowSink) {
    this.rules = rules
    this.#sink = sink
  }

  /** Begins a row. False when that is one too many; reading is over then. */
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

  /** Counts bytes that belong to no row; reading is over when too many of them come one after the other. */
  skipped (bytes: number): void {
    this.#gapBytes += bytes
    const { maxGapBytes } = this.rules
    if (this.#gapBytes > maxGapBytes && !this.stopped) this.stop('gap_too_long', { detail: String(maxGapBytes) })
  }

  /** Passes the row on if it is good; false, and nothing done, if it is not. The only check that a good row goes through. */
  accept (bytes: Uint8Array, spans: Spans): boolean {
    const { rules } = this
    const { ports } = rules
    const orig = ports.find(bytes, spans[0]!, spans[1]!)
    const dest = ports.find(bytes, spans[2]!, spans[3]!)
    const day = readDay(bytes, spans[4]!, spans[5]!)
    const cents = readCents(bytes, spans[6]!, spans[7]!)
    if (origFault(orig) || destFault(dest, orig) || dayFault(day, rules) || priceFault(cents, rules)) return false
    this.#sink.price(orig, dest, day, cents)
    return true
  }

  /** Names what is wrong with a row that was not accepted; `skip` are columns whose fault is told already. */
  explain (bytes: Uint8Array, spans: Spans, source: Source, skip?: ReadonlySet<number>): void {
    for (const { column, code, detail } of fieldFaults(bytes, spans, this.rules)) {
      if (skip?.has(column)) continue
      const value = code === 'missing_value' ? null : boundedText(bytes, spans[column * 2]!, spans[column * 2 + 1]!, MAX_VALUE_CHARS)
      this.refuse(code, source, { column: columns[column], value, detail })
    }
  }

  /** Tells one fault of the row at hand. */
  refuse (code: RowErrorCode, source: Source, fault: Fault = {}): void {
    if (++this.#errorsOfRow > MAX_ERRORS_PER_ROW) return
    this.#report(this.rowsSeen, code, source, fault)
  }

  /** Tells a fault of the file as a whole, and ends the reading. Several may be told, one after the other. */
  stop (code: RowErrorCode, fault: Fault = {}, source: Source | null = null): void {
    if (!this.stopped) this.#errorsOfRow = 0
    this.stopped = true
    if (++this.#errorsOfRow > MAX_ERRORS_PER_ROW) return
    this.#report(0, code, source, fault)
  }

  #report (row: number, code: RowErrorCode, source: Source | null, { column = null, value = null, detail }: Fault): void {
    // Of a header that has no known name, the line itself is all there is.
    const text = code === 'no_header' && source ? boundedText(source.bytes, source.start, source.end, MAX_VALUE_CHARS) : value ?? column ?? ''
    const unexpected = findUnexpectedCharacters(text)
    this.#sink.error({
      row,
      column: column === null ? null : bounded(column, MAX_VALUE_CHARS),
      value,
      code,
      message: errorMessage(code, detail) + (unexpected ? `; there is ${unexpected}` : ''),
      original: source && boundedText(source.bytes, source.start, source.end, MAX_ORIGINAL_CHARS),
    })
  }
}

type Fault = { column?: string | null, value?: string | null, detail?: string }
