import { byteSize } from '../byte-size.ts'
import { FileRefused } from '../file-refused.ts'
import type { ZipEntry } from './zip-directory.ts'

/** Counts the unpacked bytes of a zip as they are unpacked. The bytes of a file that is read twice count once. */
export class UnpackLimit {
  readonly #maxBytes: number
  readonly #seen = new Map<ZipEntry, number>()
  #total = 0

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Records that the first `bytes` of a file were unpacked. Throws FileRefused if all files together are too long. */
  count (entry: ZipEntry, bytes: number): void {
    const before = this.#seen.get(entry) ?? 0
    if (bytes <= before) return
    this.#seen.set(entry, bytes)
    this.#total += bytes - before
    if (this.#total > this.#maxBytes) throw new FileRefused('unpacked_too_large', byteSize(this.#maxBytes))
  }
}
