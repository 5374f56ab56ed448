import { columns, newSpans, type Spans } from '../values/validate.ts'

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/** Finds the fields of one CSV row without allocation. The results are valid until the next row. */
export class CsvFields {
  /** Positions of the values, without enclosing quotes, in the order of {@link columns}. */
  readonly spans: Spans = newSpans()
  /** Number of fields of the row. */
  count = 0
  /** Whether the bytes ended within quotes. */
  inQuotes = false
  /** Whether the fields have the order of {@link columns}. */
  readonly isOrdered: boolean
  #doubled = 0 // bit mask of the fields with doubled quotes; bit 0 is the first field
  readonly separator: number
  readonly #places: Int32Array

  /** @param order index in {@link columns} of each field */
  constructor (separator: number, order: readonly number[]) {
    this.separator = separator
    this.isOrdered = order.every((place, at) => place === at)
    this.#places = Int32Array.from(order, place => place * 2)
  }

  /** Finds the fields of the row that begins at `start`. Returns the index of its line feed, or -1 if the row does not end before `limit`. */
  find (bytes: Uint8Array, start: number, limit: number): number {
    const separator = this.separator
    const spans = this.spans
    this.#doubled = 0
    this.inQuotes = false
    let at = start
    for (let field = 0; ; field++, at++) {
      let first = at
      let last = -1
      if (at < limit && bytes[at] === QUOTE) {
        const after = this.#afterQuotes(bytes, at + 1, limit, field)
        if (after < 0) return -1
        // Text between the closing quote and the next separator makes the value invalid. The value then includes its quotes.
        if (after < limit && (bytes[after] === separator || bytes[after] === LF)) {
          first = at + 1
          last = bytes[after - 1] === QUOTE ? after - 1 : after - 2
        }
        at = after
      }
      let byte = 0
      while (at < limit && (byte = bytes[at]!) !== separator && byte !== LF) at++
      if (at >= limit) return -1
      if (field < columns.length) {
        const place = this.#places[field]!
        if (last < 0) last = byte === LF && at > first && bytes[at - 1] === CR ? at - 1 : at
        spans[place] = first
        spans[place + 1] = last
      }
      if (byte === LF) {
        this.count = field + 1
        return at
      }
    }
  }

  /** Returns the values of the row with single quotes for doubled ones, and adjusts the spans. */
  unescape (bytes: Uint8Array): Uint8Array {
    if (this.#doubled === 0) return bytes
    const values: Uint8Array[] = []
    let length = 0
    for (const [field, place] of this.#places.entries()) {
      let value = bytes.subarray(this.spans[place], this.spans[place + 1])
      if (this.#doubled & 1 << field) value = unescapeQuotes(value)
      this.spans[place] = length
      this.spans[place + 1] = length += value.length
      values.push(value)
    }
    return Buffer.concat(values)
  }

  /** Returns the index after the closing quote, and after the CR of a CRLF; -1 if the bytes end before the closing quote is certain. */
  #afterQuotes (bytes: Uint8Array, start: number, limit: number, field: number): number {
    let at = start
    for (;;) {
      while (at < limit && bytes[at] !== QUOTE) at++
      if (at + 1 >= limit) {
        this.inQuotes = true
        return -1
      }
      if (bytes[at + 1] !== QUOTE) break
      this.#doubled |= 1 << field
      at += 2
    }
    return at + 2 < limit && bytes[at + 1] === CR && bytes[at + 2] === LF ? at + 2 : at + 1
  }
}

/** Removes the second quote of each pair. */
function unescapeQuotes (value: Uint8Array): Uint8Array {
  let first = false
  return value.filter(byte => {
    first = byte === QUOTE && !first
    return byte !== QUOTE || first
  })
}
