import { readFileSync } from 'node:fs'
import { defaultParquetLimits, type ParquetLimits } from '../../../../../services/ingestion-worker/rows/parquet/limits.ts'
import { readParquet, type ParquetOptions, type ParquetSummary } from '../../../../../services/ingestion-worker/rows/parquet/read.ts'
import type { Cell } from '../../../../../services/ingestion-worker/rows/table/cell.ts'

export const limits: ParquetLimits = { ...defaultParquetLimits, maxRows: 1_000_000 }

/** Returns the content of a file of write-files.py. */
export const parquetFile = (name: string): Buffer => readFileSync(new URL(`files/${name}.parquet`, import.meta.url))

export type Table = { header: Cell[], rows: Cell[][], summary: ParquetSummary }

/** Reads a file that is in memory. */
export async function readTable (content: Uint8Array, options: Partial<ParquetOptions> = {}): Promise<Table> {
  const file = { byteLength: content.length, slice: async (from: number, to: number) => content.subarray(from, to) }
  const read: Cell[][] = []
  const summary = await readParquet(file, { limits, signal: new AbortController().signal, columns: names => names, ...options }, {
    row (cells, row) { read[row] = [...cells] },
  })
  const [header, ...rows] = read
  return { header: header!, rows, summary }
}

/** Returns the rows that write-files.py gives to each writer, with prices in cents. */
export function expectedRows (count: number): Array<{ orig: string, dest: string, day: number, cents: number }> {
  return Array.from({ length: count }, (_, i) => ({
    orig: ['CNGGZ', 'CNSHA', 'SGSIN'][i % 3]!, dest: ['EETLL', 'NLRTM'][i % 2]!, day: Date.UTC(2026, 0, 1) / 86_400_000 + i % 90, cents: 10_000 + i * 7919 % 900_000,
  }))
}
