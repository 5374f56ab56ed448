import { byteSize } from '../byte-size.ts'
import { FileRefused } from '../file-refused.ts'

export type ParquetLimits = {
  /** Longest file, in bytes. */
  maxBytes: number
  /** Longest footer, in bytes. */
  maxFooterBytes: number
  /** Largest decoded size of the read columns of one row group, in bytes. */
  maxRowGroupBytes: number
  /** Largest decoded size of the read columns of all row groups, in bytes. */
  maxDecodedBytes: number
  /** Largest decoded page, in bytes. A page of SNAPPY or LZ4 is decoded at once, so this limit bounds the delay of the event loop. */
  maxPageBytes: number
  maxRows: number
  maxColumns: number
}

const MiB = 1024 ** 2

export const defaultParquetLimits = {
  maxBytes: 1024 * MiB,
  maxFooterBytes: 16 * MiB,
  maxRowGroupBytes: 256 * MiB,
  maxDecodedBytes: 16 * 1024 * MiB,
  maxPageBytes: 32 * MiB,
  maxColumns: 200,
} as const satisfies Partial<ParquetLimits>

/** Counts decoded bytes of the current row group and of the file. Counting precedes decoding, so that no claim of the file allocates memory. */
export class DecodedBytes {
  readonly #limits: ParquetLimits
  #rowGroup = 0
  #file = 0

  constructor (limits: ParquetLimits) {
    this.#limits = limits
  }

  nextRowGroup (): void {
    this.#rowGroup = 0
  }

  /** Counts a page before it is decoded. */
  addPage (bytes: number): void {
    if (bytes > this.#limits.maxPageBytes) throw new FileRefused('page_too_large', byteSize(this.#limits.maxPageBytes))
    this.add(bytes)
  }

  add (bytes: number): void {
    this.#rowGroup += bytes
    this.#file += bytes
    if (this.#rowGroup > this.#limits.maxRowGroupBytes) throw new FileRefused('row_group_too_large', byteSize(this.#limits.maxRowGroupBytes))
    if (this.#file > this.#limits.maxDecodedBytes) throw new FileRefused('too_large')
  }
}
