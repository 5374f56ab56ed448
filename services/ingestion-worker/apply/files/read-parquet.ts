import type { Store } from '../../../../lib/batch/store/store.ts'
import type { Manifest } from '../../../../lib/batch/batch.ts'
import { describeTable } from '../../rows/describe-table.ts'
import { readParquet } from '../../rows/parquet/read.ts'
import type { RangeFile } from '../../rows/parquet/read-ahead.ts'
import { columnsOf } from '../../rows/table/columns.ts'
import { TableRows, type TableOptions } from '../../rows/table/table-rows.ts'
import type { FileRead, FileToRead } from './file-to-read.ts'
import { inSteps } from './in-steps.ts'

/** Reads the columns of a price of a Parquet file. Throws FileRefused. */
export async function readParquetFile (
  { checker, limits, signal, afterChunk }: FileToRead, source: RangeFile, options: TableOptions
): Promise<FileRead> {
  const rows = new TableRows(checker, options)
  let began = performance.now()
  await readParquet(source, {
    limits: { ...limits.parquet, maxRows: checker.rules.maxRows }, signal,
    columns: names => columnsOf(names, options),
    async afterRows () {
      await afterChunk(began)
      began = performance.now()
    },
  }, rows)
  await inSteps(rows.finish(), afterChunk)
  return { ...describeTable(rows), lastLineEnded: null }
}

/** A payload in the store, of which ranges are read. */
export const storedFile = (store: Store, { payload, bytes }: Manifest, signal: AbortSignal): RangeFile => ({
  byteLength: bytes,
  slice: async (from, to) => await store.readRange(payload, from, to, signal),
})

/** A file in memory, of which ranges are read. */
export const fileInMemory = (bytes: Uint8Array): RangeFile => ({
  byteLength: bytes.length,
  slice: async (from, to) => bytes.subarray(from, to),
})
