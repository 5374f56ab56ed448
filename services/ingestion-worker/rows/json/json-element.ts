const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Finds the end of an element of a JSON array by its brackets and quotes, and continues in the next chunk where the search stopped.
 * The depth is a number, not a stack, so deep nesting needs no memory.
 */
export class JsonElement {
  #depth = 0
  #inString = false
  #escaped = false
  #scalar = false

  begin (byte: number): void {
    this.#depth = 0
    this.#inString = this.#escaped = false
    this.#scalar = byte !== QUOTE && !isOpening(byte)
  }

  /** Returns the index after the element, or -1 if the element does not end before `limit`. */
  end (bytes: Uint8Array, at: number, limit: number): number {
    if (this.#scalar) return endOfScalar(bytes, at, limit)
    let depth = this.#depth
    let inString = this.#inString
    if (this.#escaped) {
      if (at >= limit) return -1
      this.#escaped = false
      at++
    }
    for (; at < limit; at++) {
      const byte = bytes[at]!
      if (inString) {
        if (byte === BACKSLASH) at++
        else if (byte === QUOTE) {
          inString = false
          if (depth === 0) return at + 1
        }
      } else if (byte === QUOTE) inString = true
      else if (isOpening(byte)) depth++
      else if (isClosing(byte) && --depth === 0) return at + 1
    }
    this.#escaped = at > limit
    this.#depth = depth
    this.#inString = inString
    return -1
  }
}

/** Finds the end of a number, true, false, null, or any invalid token: the next space, control character, comma or closing bracket. */
function endOfScalar (bytes: Uint8Array, at: number, limit: number): number {
  for (; at < limit; at++) {
    const byte = bytes[at]!
    if (byte <= 0x20 || byte === 0x2c || isClosing(byte)) return at
  }
  return -1
}

function isOpening (byte: number): boolean {
  return byte === 0x7b || byte === 0x5b
}

function isClosing (byte: number): boolean {
  return byte === 0x7d || byte === 0x5d
}
