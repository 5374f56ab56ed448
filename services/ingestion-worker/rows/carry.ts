/**
 * Buffer of the unread bytes at the end of a chunk, to which the next chunk is appended. A row within one chunk is read in place,
 * without a copy.
 */
export class Carry {
  #bytes = new Uint8Array(0)
  #length = 0

  /** Returns the buffered bytes followed by `chunk`. The result is valid until the next call. */
  join (chunk: Uint8Array): Uint8Array {
    // Converts a Buffer to a plain Uint8Array, so that the hot loops of the parsers see only one type.
    if (this.#length === 0) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)
    this.append(chunk)
    return this.#bytes.subarray(0, this.#length)
  }

  append (chunk: Uint8Array): void {
    this.#reserve(this.#length + chunk.length)
    this.#bytes.set(chunk, this.#length)
    this.#length += chunk.length
  }

  /** Replaces the buffered bytes by `bytes` from `start` on. `bytes` may be the result of {@link join}. */
  keep (bytes: Uint8Array, start: number): void {
    const rest = bytes.subarray(start)
    if (rest.buffer === this.#bytes.buffer) {
      if (rest.byteOffset > 0) this.#bytes.copyWithin(0, rest.byteOffset, rest.byteOffset + rest.length)
    } else {
      this.#reserve(rest.length)
      this.#bytes.set(rest)
    }
    this.#length = rest.length
  }

  #reserve (length: number): void {
    if (length <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2, 1024))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
