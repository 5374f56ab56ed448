/** A file that is read by ranges. */
export type RangeFile = {
  readonly byteLength: number
  /** Resolves with the bytes from `from` up to and without `to`, exactly as many. */
  slice (from: number, to: number): Promise<Uint8Array>
}

type Window = { from: number, bytes: Uint8Array }

// Memory of all windows of a file, and bounds of one.
const TOTAL_BYTES = 16 * 1024 ** 2
const MIN_BYTES = 128 * 1024
const MAX_BYTES = 4 * 1024 ** 2

/**
 * Reads a file in windows that are longer than what is needed next. Columns of a small row group share a window, and so do small row groups. A
 * column of a large row group has a window of its own, because the least recently used window is replaced.
 */
export class ReadAhead {
  readonly #file: RangeFile
  #windows: Window[] = [] // the least recently used first
  #maxWindows = 1
  #windowBytes = MAX_BYTES
  /** Number of ranges read so far. */
  requests = 0
  /** Length of these ranges, in bytes. */
  bytesRead = 0

  constructor (file: RangeFile) {
    this.#file = file
  }

  get byteLength (): number {
    return this.#file.byteLength
  }

  /** Sets the number of places in the file that are read by turns. */
  setCursors (count: number): void {
    this.#maxWindows = count + 1
    this.#windowBytes = Math.min(MAX_BYTES, Math.max(MIN_BYTES, Math.floor(TOTAL_BYTES / (count + 1))))
  }

  /** Resolves with the bytes from `from` up to and without `to`. They are a view of a window, which stays valid. */
  async read (from: number, to: number): Promise<Uint8Array> {
    const known = this.#windows.find(window => window.from <= from && to <= window.from + window.bytes.length)
    const window = known ?? await this.#fetch(from, to)
    this.#windows = [...this.#windows.filter(other => other !== window), window].slice(-this.#maxWindows)
    return window.bytes.subarray(from - window.from, to - window.from)
  }

  async #fetch (from: number, to: number): Promise<Window> {
    const end = Math.max(to, Math.min(from + this.#windowBytes, this.byteLength))
    const bytes = await this.#file.slice(from, end)
    if (bytes.length !== end - from) throw new Error(`The file has ${bytes.length} bytes from ${from} to ${end}`)
    this.requests++
    this.bytesRead += bytes.length
    return { from, bytes }
  }
}
