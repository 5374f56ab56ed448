const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/**
 * Finds the keys and values of one JSON object by their bytes, without validation. Accepts every valid object and some invalid ones.
 * So the caller must validate the members, by the rules of a price or by JSON.parse.
 */
export class JsonMembers {
  count = 0
  /** Four indices for each member: start and end of its key (quotes included), start and end of its value. */
  places = new Int32Array(4 * 4)

  /** Finds the members. Returns false if `bytes[start, end)` does not have the form `{"key":value,…}`. */
  find (bytes: Uint8Array, start: number, end: number): boolean {
    this.count = 0
    if (start >= end || bytes[start] !== OPEN) return false
    let at = skipSpace(bytes, start + 1, end)
    if (at < end && bytes[at] === CLOSE) return at + 1 === end
    while (at < end && bytes[at] === QUOTE) {
      const key = at
      const keyEnd = skipString(bytes, at, end)
      at = skipSpace(bytes, keyEnd, end)
      if (at >= end || bytes[at] !== COLON) return false
      const value = skipSpace(bytes, at + 1, end)
      const valueEnd = skipValue(bytes, value, end)
      this.#add(key, keyEnd, value, valueEnd)
      at = skipSpace(bytes, valueEnd, end)
      if (at >= end) return false
      if (bytes[at] === CLOSE) return at + 1 === end
      if (bytes[at] !== COMMA) return false
      at = skipSpace(bytes, at + 1, end)
    }
    return false
  }

  #add (key: number, keyEnd: number, value: number, valueEnd: number): void {
    let at = this.count++ * 4
    if (at === this.places.length) {
      const larger = new Int32Array(at * 2)
      larger.set(this.places)
      this.places = larger
    }
    const places = this.places
    places[at++] = key
    places[at++] = keyEnd
    places[at++] = value
    places[at] = valueEnd
  }
}

/** Returns whether a byte is one of the four JSON white space characters. */
export function isSpace (byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

export function skipSpace (bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isSpace(bytes[at]!)) at++
  return at
}

/** Returns the index after the string whose opening quote is at `at`. */
function skipString (bytes: Uint8Array, at: number, end: number): number {
  for (at++; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) at++
  }
  return end
}

/** Returns the index after the value that begins at `at`: a string, or all bytes up to a comma or bracket outside the value. */
function skipValue (bytes: Uint8Array, at: number, end: number): number {
  if (at < end && bytes[at] === QUOTE) return skipString(bytes, at, end)
  let depth = 0
  while (at < end) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      at = skipString(bytes, at, end)
      continue
    }
    if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) return at
    at++
  }
  return end
}
