import { maxTitleRows } from '../table/titles.ts'

/** Limits of a workbook. A file beyond one of them is refused. */
export type XlsxLimits = {
  /** Longest file as sent. */
  maxBytes: number
  /** Unpacked bytes of all files in it, counted while they are unpacked. */
  maxUnpackedBytes: number
  maxEntries: number
  maxSheets: number
  maxColumns: number
  maxCellChars: number
  /** Memory for the shared texts of its cells. */
  maxTextBytes: number
  /** Rows of a sheet that are searched for the header, if the workbook has several sheets. */
  maxHeaderRows: number
}

export const defaultXlsxLimits: Readonly<XlsxLimits> = {
  maxBytes: 64 * 2 ** 20,
  maxUnpackedBytes: 2 ** 30,
  maxEntries: 1_000,
  maxSheets: 100,
  maxColumns: 200,
  maxCellChars: 32_767,
  maxTextBytes: 64 * 2 ** 20,
  maxHeaderRows: maxTitleRows + 1,
}
