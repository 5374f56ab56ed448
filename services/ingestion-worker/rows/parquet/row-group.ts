import type { Footer } from './footer.ts'
import { FileRefused } from '../file-refused.ts'
import { corrupt } from './refused.ts'
import { physicalTypes, type FlatColumn } from './schema.ts'
import { ThriftReader } from './thrift.ts'

/** Bytes of one column in one row group: pages from `start` to `end`. */
export type ColumnChunk = { start: number, end: number, codec: number, type: string | undefined, values: number }
export type RowGroup = { rows: number, /** Chunks of the wanted columns, in their order. */ chunks: ColumnChunk[] }

/**
 * Yields the row groups of a file, each read from the footer when it is due. Throws FileRefused if they contradict the footer or each other. The
 * chunks of a column must follow one another: a file cannot have the same bytes read many times.
 */
export function * readRowGroups (footer: Footer, wanted: readonly FlatColumn[]): Generator<RowGroup> {
  const thrift = new ThriftReader(footer.bytes, footer.rowGroupsAt, 'list')
  const ends = wanted.map(() => 0)
  let rows = 0
  for (const elements = thrift.readList(); !elements.next().done;) {
    const group = readRowGroup(thrift, footer, wanted)
    if (group.rows === 0) continue // writers give its columns any place
    rows += group.rows
    if (rows > footer.rows) throw corrupt('its row groups have more rows than its footer says')
    for (const [at, chunk] of group.chunks.entries()) {
      const isInFile = chunk.start >= 4 && chunk.start <= chunk.end && chunk.end <= footer.start
      if (!isInFile || chunk.start < ends[at]!) throw corrupt('a column has no place of its own in the file')
      if (chunk.type !== wanted[at]!.type || chunk.values !== group.rows) throw corrupt('a column differs from the schema')
      ends[at] = chunk.end
    }
    yield group
  }
  if (rows !== footer.rows) throw corrupt('its row groups have fewer rows than its footer says')
}

function readRowGroup (thrift: ThriftReader, { leaves }: Footer, wanted: readonly FlatColumn[]): RowGroup {
  const places = new Map(wanted.map(({ index }, at) => [index, at]))
  const chunks: ColumnChunk[] = []
  let rows = -1
  let columns = 0
  thrift.readStruct(id => {
    if (id === 3) rows = thrift.readInt()
    if (id !== 1) return
    for (const index of thrift.readList()) {
      columns++
      const at = places.get(index)
      if (at !== undefined) chunks[at] = readChunk(thrift)
    }
  })
  if (rows < 0 || columns !== leaves) throw corrupt('a row group is not complete')
  return { rows, chunks }
}

function readChunk (thrift: ThriftReader): ColumnChunk {
  const chunk: ColumnChunk = { start: -1, end: -1, codec: -1, type: undefined, values: -1 }
  thrift.readStruct(id => {
    if (id === 1) throw new FileRefused('parquet_feature', 'columns in other files')
    if (id === 3) readMetadata(thrift, chunk)
    if (id === 8 || id === 9) throw new FileRefused('parquet_encrypted')
  })
  return chunk
}

function readMetadata (thrift: ThriftReader, chunk: ColumnChunk): void {
  let dataPage = -1
  let dictionaryPage = -1
  let length = -1
  thrift.readStruct(id => {
    if (id === 1) chunk.type = physicalTypes[thrift.readInt()]
    else if (id === 4) chunk.codec = thrift.readInt()
    else if (id === 5) chunk.values = thrift.readInt()
    else if (id === 7) length = thrift.readInt()
    else if (id === 9) dataPage = thrift.readInt()
    else if (id === 11) dictionaryPage = thrift.readInt()
  })
  // Some writers give 0 for a dictionary page that does not exist.
  chunk.start = dictionaryPage > 0 && dictionaryPage < dataPage ? dictionaryPage : dataPage
  chunk.end = chunk.start + length
}
