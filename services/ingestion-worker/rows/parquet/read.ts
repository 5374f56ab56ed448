import { setImmediate } from 'node:timers/promises'
import type { Cell, TableSink } from '../table/cell.ts'
import { ColumnReader } from './column-reader.ts'
import { readFooter } from './footer.ts'
import { DecodedBytes, type ParquetLimits } from './limits.ts'
import { ReadAhead, type RangeFile } from './read-ahead.ts'
import { FileRefused } from '../file-refused.ts'
import { readRowGroups } from './row-group.ts'
import type { FlatColumn, SchemaColumn } from './schema.ts'

export type ParquetOptions = {
  limits: ParquetLimits
  signal: AbortSignal
  /** Returns the names of the columns that are read, of all names. The cells of the others are null. No row is read if there are none. */
  columns (names: string[]): readonly string[]
  /** Called between rows, at least every 20 ms, with the number of rows so far. The reading waits for it, and ends if it rejects. */
  afterRows? (rows: number): Promise<void> | void
}

export type ParquetSummary = {
  rows: number
  rowGroups: number
  /** The program that wrote the file. */
  createdBy: string | null
  /** Number of ranges read from the file, and their bytes. */
  requests: number
  bytesRead: number
}

// Longest time without a turn of the event loop, in milliseconds, and the number of rows between two looks at the clock.
const TURN_MS = 20
const ROWS_PER_LOOK = 256

/**
 * Reads a Parquet file. The sink receives the names of all columns as row 0, then each row, from 1. Memory holds a page of each column, not a row
 * group. Throws FileRefused if the file is refused, and the errors of the file, of the sink and of `signal`.
 */
export async function readParquet (source: RangeFile, options: ParquetOptions, sink: TableSink): Promise<ParquetSummary> {
  const { limits, signal } = options
  const file = new ReadAhead(source)
  const footer = await readFooter(file, limits)
  const names = footer.columns.map(({ name }) => name)
  const wantedNames = new Set(options.columns(names))
  const wanted = footer.columns.map(column => wantedNames.has(column.name) ? flat(column) : null)
  const read = wanted.filter(column => column !== null)
  const decoded = new DecodedBytes(limits)
  const readers = read.map(column => new ColumnReader(column, file, decoded))
  file.setCursors(read.length)
  sink.row(names, 0)

  let rows = 0
  let rowGroups = 0
  let turn = performance.now()
  const pause = (): Promise<void> | undefined => performance.now() - turn < TURN_MS ? undefined : takeTurn()
  const takeTurn = async (): Promise<void> => {
    await options.afterRows?.(rows)
    await setImmediate()
    signal.throwIfAborted()
    turn = performance.now()
  }

  const cells: Cell[] = names.map(() => null)
  const places = wanted.flatMap((column, place) => column ? [place] : [])
  for (const group of read.length > 0 ? readRowGroups(footer, read) : []) {
    rowGroups++
    decoded.nextRowGroup()
    for (const [at, reader] of readers.entries()) reader.openChunk(group.chunks[at]!)
    for (let left = group.rows; left > 0;) {
      for (const reader of readers) if (reader.pageRows === 0) await reader.loadPage(pause)
      const count = Math.min(left, ROWS_PER_LOOK, ...readers.map(reader => reader.pageRows))
      for (let row = 0; row < count; row++) {
        for (let at = 0; at < readers.length; at++) cells[places[at]!] = readers[at]!.next()
        sink.row(cells, ++rows)
      }
      left -= count
      await pause()
    }
  }
  await takeTurn()
  return { rows, rowGroups, createdBy: footer.createdBy, requests: file.requests, bytesRead: file.bytesRead }
}

function flat ({ name, flat }: SchemaColumn): FlatColumn {
  if (!flat) throw new FileRefused('parquet_nested', JSON.stringify(name))
  return flat
}
