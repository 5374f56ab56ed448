import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileRefused } from '../../../../../services/ingestion-worker/rows/file-refused.ts'
import type { Cell } from '../../../../../services/ingestion-worker/rows/table/cell.ts'
import { defaultXlsxLimits, type XlsxLimits } from '../../../../../services/ingestion-worker/rows/xlsx/xlsx-limits.ts'
import { openXlsx, type XlsxSheet, type XlsxSummary } from '../../../../../services/ingestion-worker/rows/xlsx/xlsx.ts'

type Options = { sheet?: string, limits?: Partial<XlsxLimits> }
export type ReadBook = { rows: Record<string, Cell[]>, sheet: XlsxSheet, summary: XlsxSummary }

/** Returns a workbook of test/cases/workbooks. */
export const bookFile = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../../../cases/workbooks', name))

/** Reads a workbook. The rows have the place of their first cell. */
export async function readBook (bytes: Uint8Array, { limits, ...options }: Options = {}): Promise<ReadBook> {
  const sheet = await openXlsx(bytes, {
    ...options,
    limits: { ...defaultXlsxLimits, ...limits },
    signal: new AbortController().signal,
    hasHeader: cells => cells.includes('orig_code') && cells.includes('price'),
  })
  const rows: Record<string, Cell[]> = {}
  const summary = await sheet.read({
    row (cells, row) { rows[sheet.placeOf(row, 0)] = cells.map((cell, at) => at === cells.length - 1 ? cell : numberOf(cell)) },
  })
  return { rows, sheet, summary }
}

/** Returns a serial number as a number: formats differ from writer to writer. The last column has prices, which are no dates. */
const numberOf = (cell: Cell): Cell => cell !== null && typeof cell === 'object' && 'serial' in cell ? cell.serial : cell

/** Returns the code that a workbook is refused with, and the detail if there is one. */
export async function refusal (bytes: Uint8Array, options?: Options): Promise<string> {
  try {
    await readBook(bytes, options)
    return 'not refused'
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    return error.detail === undefined ? error.code : `${error.code} ${error.detail}`
  }
}

type Parts = Record<string, (xml: string) => string>

/** Returns a workbook with some of its parts changed. A part that is missing is added. */
export function changed (bytes: Uint8Array, parts: Parts): Uint8Array {
  const files = unzipSync(bytes)
  for (const [name, change] of Object.entries(parts)) files[name] = strToU8(change(strFromU8(files[name] ?? new Uint8Array(0))))
  return zipSync(files)
}

/** Returns a workbook with one sheet, whose rows are XML. */
export const withRows = (rows: string, after = ''): Uint8Array => changed(bookFile('openpyxl.xlsx'), {
  'xl/worksheets/sheet1.xml': () => `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows}</sheetData>${after}</worksheet>`,
})
