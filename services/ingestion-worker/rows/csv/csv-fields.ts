const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/** Finds the fields of one CSV row without allocation. The results are valid until the next row. */
export class CsvFields {
  /** Start and end of the value of each slot, without enclosing quotes. */
  readonly spans: Int32Array
  /** Number of fields of the row. */
  count = 0
  /** Index after the last field that the header has, if the row has more fields. */
  restStart = 0
  /** Whether the bytes ended within quotes. */
  inQuotes = false
  /** Whether the fields of a row are its slots, in their order. */
  readonly isOrdered: boolean
  /** Number of fields of the header. */
  readonly width: number
  readonly separator: number
  #doubled = false
  readonly #doubledSlots: Uint8Array
  readonly #places: Int32Array

  /** @param order slot of each field, -1 for a field that is not read */
  constructor (separator: number, order: readonly number[]) {
    this.separator = separator
    this.width = order.length
    this.isOrdered = order.every((place, at) => place === at)
    this.#places = Int32Array.from(order, place => place * 2)
    const slots = Math.max(...order) + 1
    this.spans = new Int32Array(slots * 2)
    this.#doubledSlots = new Uint8Array(slots)
  }

  /** Finds the fields of the row that begins at `start`. Returns the index of its line feed, or -1 if the row does not end before `limit`. */
  find (bytes: Uint8Array, start: number, limit: number): number {
    const separator = this.separator
    const spans = this.spans
    const width = this.width
    if (this.#doubled) this.#doubledSlots.fill(0)
    this.#doubled = false
    this.inQuotes = false
    let at = start
    for (let field = 0; ; field++, at++) {
      const place = field < width ? this.#places[field]! : -2
      let first = at
      let last = -1
      if (at < limit && bytes[at] === QUOTE) {
        const after = this.#afterQuotes(bytes, at + 1, limit, place)
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
      if (place >= 0) {
        if (last < 0) last = byte === LF && at > first && bytes[at - 1] === CR ? at - 1 : at
        spans[place] = first
        spans[place + 1] = last
      }
      if (field === width - 1) this.restStart = at
      if (byte === LF) {
        this.count = field + 1
        return at
      }
    }
  }

  /** Returns the bytes of a slot, with single quotes for doubled ones. */
  text (bytes: Uint8Array, slot: number): Buffer {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + this.spans[slot * 2]!, this.spans[slot * 2 + 1]! - this.spans[slot * 2]!)
    return this.#doubledSlots[slot] ? unescapeQuotes(value) : value
  }

  /** Returns the index after the closing quote, and after the CR of a CRLF; -1 if the bytes end before the closing quote is certain. */
  #afterQuotes (bytes: Uint8Array, start: number, limit: number, place: number): number {
    let at = start
    for (;;) {
      while (at < limit && bytes[at] !== QUOTE) at++
      if (at + 1 >= limit) {
        this.inQuotes = true
        return -1
      }
      if (bytes[at + 1] !== QUOTE) break
      if (place >= 0) {
        this.#doubled = true
        this.#doubledSlots[place / 2] = 1
      }
      at += 2
    }
    return at + 2 < limit && bytes[at + 1] === CR && bytes[at + 2] === LF ? at + 2 : at + 1
  }
}

/** Removes the second quote of each pair. */
function unescapeQuotes (value: Buffer): Buffer {
  let first = false
  return Buffer.from(value.filter(byte => {
    first = byte === QUOTE && !first
    return byte !== QUOTE || first
  }))
}
