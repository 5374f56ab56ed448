/**
 * The beginning of a row whose end has not come yet. A row that lies within one chunk is read where it is;
 * what is left at a chunk's end is kept here and the next chunk put behind it.
 */
export class Carry {
  #bytes = new Uint8Array(0)
  #length = 0

  get length (): number {
    return this.#length
  }

  /** What was kept, then `chunk`. Valid until the next call. */
  join (chunk: Uint8Array): Uint8Array {
    // A plain Uint8Array even of a Buffer: the parsers' hot loops then see one type only.
    if (this.#length === 0) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)
    this.append(chunk)
    return this.#bytes.subarray(0, this.#length)
  }

  append (chunk: Uint8Array): void {
    this.#reserve(this.#length + chunk.length)
    this.#bytes.set(chunk, this.#length)
    this.#length += chunk.length
  }

  /** Keeps `bytes` from `start` on, in place of everything before; `bytes` may be of what {@link join} gave. */
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
