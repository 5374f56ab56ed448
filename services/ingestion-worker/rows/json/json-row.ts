import { isUtf8 } from 'node:buffer'
import { dayMs } from '../../../../lib/calendar/day-ms.ts'
import { JsonMembers, skipSpace, isSpace } from './json-members.ts'
import { readPriceText } from '../table/price-text.ts'
import { formatDay } from '../values/days.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { boundedText, MAX_VALUE_CHARS } from '../values/row-error.ts'
import { columns, newSpans } from '../values/validate.ts'

const QUOTE = 0x22
const names = columns.map(name => new TextEncoder().encode(`"${name}"`))

/**
 * Reads one price from a JSON object with four keys, each once, in any order. Codes and the day are strings. The price is a number or a
 * string, and is validated as written: 5.10 is good, 5.100 and 1e3 are not. A number with four or more decimals is read as the text of a double.
 */
export class JsonRow {
  readonly #checker: RowChecker
  readonly #members = new JsonMembers()
  readonly #spans = newSpans()

  constructor (checker: RowChecker) {
    this.#checker = checker
  }

  /** Reads the row `bytes[start, end)`. White space around the object is allowed. */
  read (bytes: Uint8Array, start: number, end: number): void {
    if (!this.#checker.nextRow()) return
    start = skipSpace(bytes, start, end)
    while (end > start && isSpace(bytes[end - 1]!)) end--
    const isComplete = this.#members.find(bytes, start, end)
    if (isComplete && this.#isPlain(bytes) && this.#checker.accept(bytes, this.#spans)) return
    this.#explain(bytes, start, end)
  }

  /**
   * Returns whether the object has exactly the four keys, and whether the quotes of its values match their types. An object that passes this
   * check and the rules of a price is valid JSON. The rules allow neither escapes nor control characters in a string. This check rejects
   * a leading zero of a number.
   */
  #isPlain (bytes: Uint8Array): boolean {
    const { count, places } = this.#members
    if (count !== columns.length) return false
    let seen = 0
    for (let member = 0; member < count * 4; member += 4) {
      const column = columnOf(bytes, places[member]!, places[member + 1]!)
      if (column < 0) return false
      seen |= 1 << column
      const value = places[member + 2]!
      const quoted = bytes[value] === QUOTE ? 1 : 0
      if (!quoted && (column !== 3 || (bytes[value] === 0x30 && bytes[value + 1]! >= 0x30 && bytes[value + 1]! <= 0x39))) return false
      this.#spans[column * 2] = value + quoted
      this.#spans[column * 2 + 1] = places[member + 3]! - quoted
    }
    return seen === 15
  }

  /** Reports the faults of a row, or accepts a valid row that the fast path did not recognize, such as one with an escaped key. */
  #explain (bytes: Uint8Array, start: number, end: number): void {
    const source = { bytes, start, end }
    if (!isUtf8(bytes.subarray(start, end))) return this.#checker.refuse('not_utf8', source)
    let row: unknown
    try {
      row = JSON.parse(textOf(bytes, start, end))
    } catch (error) {
      return this.#checker.refuse('malformed_json', source, { detail: (error as Error).message })
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return this.#checker.refuse('not_an_object', source)
    this.#checkMembers(source)
  }

  /** Checks the members of a valid JSON object by their text: JSON.parse would hide repeated keys and the notation of numbers. */
  #checkMembers ({ bytes, start, end }: Source): void {
    const checker = this.#checker
    const source = { bytes, start, end }
    const reported = new Set<number>()
    const values: Array<Buffer | null> = [null, null, null, null]
    const { count, places } = this.#members
    for (let member = 0; member < count * 4; member += 4) {
      const key = JSON.parse(textOf(bytes, places[member]!, places[member + 1]!)) as string
      const column = columns.findIndex(name => name === key)
      if (column < 0 || values[column]) {
        checker.refuse(column < 0 ? 'unknown_column' : 'repeated_column', source, { column: key })
        continue
      }
      const [from, to] = [places[member + 2]!, places[member + 3]!]
      const text = textOf(bytes, from, to)
      if (text === 'null') values[column] = Buffer.alloc(0)
      else if (text.startsWith('"')) values[column] = Buffer.from(JSON.parse(text))
      else {
        values[column] = Buffer.from(text)
        if (column === 3 && /^[-\d]/.test(text)) {
          values[column] = Buffer.from(plainPrice(text))
          continue
        }
        const day = column === 2 ? dayOfMilliseconds(text) : null
        if (day !== null) {
          values[column] = Buffer.from(day)
          continue
        }
        reported.add(column)
        checker.refuse('wrong_type', source, { column: key, value: boundedText(bytes, from, to, MAX_VALUE_CHARS) })
      }
    }
    let length = 0
    for (const [column, value] of values.entries()) {
      this.#spans[column * 2] = length
      this.#spans[column * 2 + 1] = length += value?.length ?? 0
    }
    const read = Buffer.concat(values.map(value => value ?? Buffer.alloc(0)))
    const isValid = reported.size === 0 && count === columns.length && values.every(value => value !== null)
    if (!(isValid && checker.accept(read, this.#spans))) checker.explain(read, this.#spans, source, reported)
  }
}

/** Milliseconds since 1970 of the first day that is read so: a smaller number is a serial number, or a mistake. */
const FIRST_MS = Date.UTC(1990, 0, 1)

/** Returns the day of a number of milliseconds at midnight in UTC, as pandas writes days; null for any other number. */
function dayOfMilliseconds (text: string): string | null {
  const ms = /^\d{12,13}$/.test(text) ? Number(text) : NaN
  return ms >= FIRST_MS && ms % dayMs === 0 ? formatDay(ms / dayMs) : null
}

/** Returns a price with the two decimals that the text of a double stands for, such as 1180.4999999999998. Any other text stays. */
function plainPrice (text: string): string {
  const reading = /^\d+\.\d{3,}$/.test(text) ? readPriceText(text) : null
  return reading && 'cents' in reading ? (reading.cents / 100).toFixed(2) : text
}

/** Returns the index in {@link columns} of the key `bytes[start, end)`, quotes included; -1 for an unknown key. */
function columnOf (bytes: Uint8Array, start: number, end: number): number {
  const column = end - start === 5 ? 2 : end - start === 7 ? 3 : bytes[start + 1] === 0x6f ? 0 : 1
  const name = names[column]!
  if (end - start !== name.length) return -1
  for (let at = 0; at < name.length; at++) {
    if (bytes[start + at] !== name[at]) return -1
  }
  return column
}

function textOf (bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()
}
