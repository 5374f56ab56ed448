import { Type, type Static } from 'typebox'
import { Count } from '../../lib/process/config.ts'
import type { FileLimits } from './apply/rules.ts'
import { defaultParquetLimits as parquet } from './rows/parquet/limits.ts'
import { defaultXlsxLimits as xlsx } from './rows/xlsx/xlsx-limits.ts'

/** Environment variables with the limits of files that are no text. A file beyond one of them is refused. */
export const fileLimitVariables = {
  XLSX_MAX_BYTES: Count('longest file that a worker holds in memory, in bytes: a workbook, a ZIP file, a Parquet file with gzip', { default: xlsx.maxBytes, maximum: 1024 ** 3 }),
  XLSX_MAX_UNPACKED_BYTES: Count('all parts of a workbook or ZIP file, unpacked, in bytes', { default: xlsx.maxUnpackedBytes }),
  XLSX_MAX_ENTRIES: Count('parts of a workbook or ZIP file', { default: xlsx.maxEntries, maximum: 100_000 }),
  XLSX_MAX_SHEETS: Count('sheets of a workbook', { default: xlsx.maxSheets, maximum: 10_000 }),
  XLSX_MAX_COLUMNS: Count('columns of a sheet', { default: xlsx.maxColumns, maximum: 16_384 }),
  XLSX_MAX_CELL_CHARS: Count('characters of a cell', { default: xlsx.maxCellChars, maximum: 1_048_576 }),
  XLSX_MAX_TEXT_BYTES: Count('different texts of the cells of a workbook, in bytes of memory', { default: xlsx.maxTextBytes }),
  PARQUET_MAX_BYTES: Count('longest Parquet file, in bytes', { default: parquet.maxBytes }),
  PARQUET_MAX_FOOTER_BYTES: Count('longest footer of a Parquet file, in bytes', { default: parquet.maxFooterBytes }),
  PARQUET_MAX_ROW_GROUP_BYTES: Count('decoded columns of one row group of a Parquet file, in bytes', { default: parquet.maxRowGroupBytes }),
  PARQUET_MAX_COLUMNS: Count('columns of a Parquet file', { default: parquet.maxColumns, maximum: 16_384 }),
}

type Variables = Static<ReturnType<typeof Type.Object<typeof fileLimitVariables>>>

/** Returns the limits that the environment variables have. */
export const fileLimits = (config: Variables): FileLimits => ({
  xlsx: {
    ...xlsx, maxBytes: config.XLSX_MAX_BYTES, maxUnpackedBytes: config.XLSX_MAX_UNPACKED_BYTES, maxEntries: config.XLSX_MAX_ENTRIES,
    maxSheets: config.XLSX_MAX_SHEETS, maxColumns: config.XLSX_MAX_COLUMNS, maxCellChars: config.XLSX_MAX_CELL_CHARS,
    maxTextBytes: config.XLSX_MAX_TEXT_BYTES,
  },
  parquet: {
    ...parquet, maxBytes: config.PARQUET_MAX_BYTES, maxFooterBytes: config.PARQUET_MAX_FOOTER_BYTES,
    maxRowGroupBytes: config.PARQUET_MAX_ROW_GROUP_BYTES, maxColumns: config.PARQUET_MAX_COLUMNS,
  },
})
