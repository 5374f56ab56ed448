import type { Format, Manifest } from '../../../../lib/batch/batch.ts'
import type { Store } from '../../../../lib/batch/store/store.ts'
import type { Understood } from '../../../../lib/batch/understood.ts'
import { FileRefused } from '../../rows/file-refused.ts'
import { byteSize } from '../../rows/byte-size.ts'
import type { TextOptions } from '../../rows/read.ts'
import type { TableOptions } from '../../rows/table/table-rows.ts'
import type { RowChecker } from '../../rows/values/row-checker.ts'
import type { FileLimits } from '../rules.ts'
import { collect, type PayloadChunks } from './payload-chunks.ts'
import { fileInMemory, readParquetFile, storedFile } from './read-parquet.ts'
import { readText } from './read-text.ts'
import { readWorkbook } from './read-workbook.ts'
import { readZip } from './read-zip.ts'

export type FileToRead = {
  store: Store
  manifest: Manifest
  checker: RowChecker
  chunks: PayloadChunks
  limits: FileLimits
  signal: AbortSignal
  /** Reports the progress and the errors so far. `began` is when the parser began with the chunk, in ms of performance.now(). */
  afterChunk: (began: number) => Promise<void>
}

/** How a file was read. `format` is that of the file in a zip. */
export type FileRead = Omit<Understood, 'format' | 'rows' | 'prices' | 'first_day' | 'last_day' | 'lowest_price' | 'highest_price' | 'first_prices'> & {
  format?: Format
  /** Whether the last line has a line end; null for a file without lines. */
  lastLineEnded: boolean | null
  /** Names of the columns of a workbook. */
  header?: string[] | undefined
}

/** Gives the prices and errors of a file to its checker. Throws FileRefused, and what reading the payload throws. */
export async function readFile (file: FileToRead, format: Format, options: TextOptions & TableOptions): Promise<FileRead> {
  switch (format) {
    case 'csv': case 'ndjson': case 'json': return await readText(file, format, options)
    case 'parquet': return await readStoredParquet(file, options)
    default: return await readBytes(file, format, options)
  }
}

/**
 * Reads a Parquet file by ranges, after the whole payload has been proved by its digest. A compressed payload is read into memory.
 */
async function readStoredParquet (file: FileToRead, options: TableOptions): Promise<FileRead> {
  const { chunks, store, manifest, signal, limits } = file
  if (manifest.encoding !== 'identity') return await readBytes(file, 'parquet', options)
  if (manifest.bytes > limits.parquet.maxBytes) throw new FileRefused('file_too_large', byteSize(limits.parquet.maxBytes))
  while (await chunks.next()) await file.afterChunk(performance.now())
  return await readParquetFile(file, storedFile(store, manifest, signal), options)
}

/** Reads a file whose format needs all of its bytes. Nothing of it is read before the digest has proved it. */
export async function readBytes (file: FileToRead, format: 'xlsx' | 'parquet' | 'zip', options: TextOptions & TableOptions): Promise<FileRead> {
  const { maxBytes } = file.limits.xlsx
  const bytes = await collect(file.chunks, maxBytes)
  if (!bytes) throw new FileRefused('file_too_large', byteSize(maxBytes))
  if (format === 'zip') return await readZip(file, bytes, options)
  return format === 'parquet' ? await readParquetFile(file, fileInMemory(bytes), options) : await readWorkbook(file, bytes, options)
}
