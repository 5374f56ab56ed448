import type { Format } from '../../../../lib/batch/batch.ts'
import { FileRefused } from '../../rows/file-refused.ts'
import { byteSize } from '../../rows/byte-size.ts'
import type { TextOptions } from '../../rows/read.ts'
import type { TableOptions } from '../../rows/table/table-rows.ts'
import type { FileRead, FileToRead } from './file-to-read.ts'
import { collect } from './payload-chunks.ts'
import { fileInMemory, readParquetFile, storedFile } from './read-parquet.ts'
import { readText } from './read-text.ts'
import { readWorkbook } from './read-workbook.ts'
import { readZip } from './read-zip.ts'

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
  if (format === 'zip') return await readZip(file, bytes, options, readBytes)
  return format === 'parquet' ? await readParquetFile(file, fileInMemory(bytes), options) : await readWorkbook(file, bytes, options)
}
