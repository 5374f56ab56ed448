const LF = 0x0a
const CR = 0x0d

/**
 * Turns the line ends of a file whose lines end with CR alone, as old programs write them, into LF. The first line end decides. Other files pass as
 * they are.
 */
export class LineEnds {
  #isCr: boolean | undefined
  #held = false

  write (chunk: Uint8Array): Uint8Array {
    const bytes = this.#held ? Buffer.concat([Buffer.of(CR), chunk]) : chunk
    this.#held = false
    if (this.#isCr === undefined) this.#decide(bytes)
    if (this.#isCr) return bytes.map(byte => byte === CR ? LF : byte)
    return this.#held ? bytes.subarray(0, -1) : bytes
  }

  /** Returns a last line end that {@link write} has held back. */
  end (): Uint8Array {
    return this.#held ? Buffer.of(CR) : new Uint8Array(0)
  }

  #decide (bytes: Uint8Array): void {
    const at = bytes.findIndex(byte => byte === CR || byte === LF)
    if (at < 0) return
    if (bytes[at] === LF) this.#isCr = false
    else if (at === bytes.length - 1) this.#held = true
    else this.#isCr = bytes[at + 1] !== LF
  }
}
