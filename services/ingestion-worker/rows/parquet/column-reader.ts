import { crc32 } from 'node:zlib'
import type { Cell } from '../table/cell.ts'
import { cellReader } from './cells.ts'
import { decompress } from './codecs/decompress.ts'
import { checkLevelEncoding, isDictionary, openValues } from './encodings/open-values.ts'
import { RleValues } from './encodings/rle.ts'
import { plainValues } from './encodings/plain.ts'
import type { Stored, Values } from './encodings/values.ts'
import type { DecodedBytes } from './limits.ts'
import { readPageHeader, type PageHeader } from './page-header.ts'
import type { ReadAhead } from './read-ahead.ts'
import { corrupt } from './refused.ts'
import type { ColumnChunk } from './row-group.ts'
import type { FlatColumn } from './schema.ts'

// The statistics of a page header may have long texts.
const MAX_HEADER_BYTES = 64 * 1024
// Estimated memory of a cell of a dictionary, and of the work of a page, in bytes.
const CELL_BYTES = 64
const PAGE_BYTES = 64

/** Reader of the cells of one column, page by page. */
export class ColumnReader {
  readonly #column: FlatColumn
  readonly #toCell: (value: Stored) => Cell
  readonly #file: ReadAhead
  readonly #decoded: DecodedBytes
  #chunk: ColumnChunk = { start: 0, end: 0, codec: 0, type: undefined, values: 0 }
  #at = 0
  #dictionary: Cell[] | null = null
  #levels: RleValues | null = null
  #values: Values | null = null
  #indexes: RleValues | null = null
  /** Rows of the chunk in the pages that are not yet loaded. */
  #rowsLeft = 0
  /** Rows left in the loaded page. */
  pageRows = 0

  constructor (column: FlatColumn, file: ReadAhead, decoded: DecodedBytes) {
    this.#column = column
    this.#toCell = cellReader(column)
    this.#file = file
    this.#decoded = decoded
  }

  openChunk (chunk: ColumnChunk): void {
    this.#chunk = chunk
    this.#at = chunk.start
    this.#rowsLeft = chunk.values
    this.#dictionary = null
  }

  /** Loads the next page with rows. `pause` is called while a long dictionary is read. */
  async loadPage (pause: () => Promise<void> | undefined): Promise<void> {
    while (this.pageRows === 0) {
      const { header, page } = await this.#readPage()
      if (header.kind === 'dictionary') await this.#openDictionary(header, page, pause)
      else if (header.kind === 'data') this.#openPage(header, page)
    }
  }

  /** Returns the next cell of the loaded page. */
  next (): Cell {
    this.pageRows--
    if (this.#levels && this.#levels.next() === 0) return null
    if (!this.#indexes) return this.#toCell(this.#values!.next())
    const cell = this.#dictionary?.[this.#indexes.next()]
    if (cell === undefined) throw corrupt('an index is beyond its dictionary')
    return cell
  }

  async #readPage (): Promise<{ header: PageHeader, page: Uint8Array }> {
    const { end, codec } = this.#chunk
    if (this.#at >= end) throw corrupt(`the column ${JSON.stringify(this.#column.name)} ends early`)
    const header = readPageHeader(await this.#file.read(this.#at, Math.min(end, this.#at + MAX_HEADER_BYTES)))
    const start = this.#at + header.headerBytes
    this.#at = start + header.storedBytes
    if (this.#at > end) throw corrupt('a page is longer than its column')
    this.#decoded.addPage(header.decodedBytes + PAGE_BYTES)
    if (header.kind === 'index') return { header, page: new Uint8Array(0) }
    if (header.storedBytes > header.decodedBytes * 1.25 + 1024) throw corrupt('a page is longer than its values')
    const stored = await this.#file.read(start, this.#at)
    if (header.crc !== null && crc32(stored) !== header.crc) throw corrupt('the checksum of a page is wrong')
    const levels = header.levelBytes ?? 0
    if (levels > stored.length || levels > header.decodedBytes) throw corrupt('a page ends early')
    const values = await decompress(header.isCompressed ? codec : 0, stored.subarray(levels), header.decodedBytes - levels)
    if (header.levelBytes === null) return { header, page: values }
    this.#levels = this.#column.nullable ? new RleValues(stored.subarray(0, levels), 1) : null
    return { header, page: values }
  }

  async #openDictionary ({ values: count }: PageHeader, page: Uint8Array, pause: () => Promise<void> | undefined): Promise<void> {
    if (this.#dictionary || count > page.length) throw corrupt('a dictionary has more values than bytes')
    this.#decoded.add(count * CELL_BYTES)
    const values = plainValues(page, this.#column.type, this.#column.length)
    const cells: Cell[] = []
    for (let index = 0; index < count; index++) {
      cells.push(this.#toCell(values.next()))
      if (index % 1024 === 0) await pause()
    }
    this.#dictionary = cells
  }

  #openPage (header: PageHeader, page: Uint8Array): void {
    if (header.values > this.#rowsLeft) throw corrupt('a column has more values than rows')
    this.#rowsLeft -= header.values
    this.pageRows = header.values
    if (header.values === 0) return
    const values = header.levelBytes === null ? this.#openLevels(header, page) : page
    this.#indexes = this.#values = null
    if (isDictionary(header.encoding)) {
      this.#indexes = new RleValues(values.subarray(1), values[0] ?? 1) // a page of nulls may have no bit width, and no dictionary
    } else {
      this.#values = openValues(header.encoding, values, this.#column, this.#decoded)
    }
  }

  /** Opens the definition levels at the beginning of a page of version 1. Returns the rest. */
  #openLevels ({ levelEncoding }: PageHeader, page: Uint8Array): Uint8Array {
    this.#levels = null
    if (!this.#column.nullable) return page
    checkLevelEncoding(levelEncoding)
    if (page.length < 4) throw corrupt('a page ends early')
    const end = 4 + new DataView(page.buffer, page.byteOffset).getUint32(0, true)
    if (end > page.length) throw corrupt('a page ends early')
    this.#levels = new RleValues(page.subarray(4, end), 1)
    return page.subarray(end)
  }
}
