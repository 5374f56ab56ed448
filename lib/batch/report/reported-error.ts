/** One line of the error report of a batch. Its code is one of {@link whatToDo}, or of a newer release. */
export type ReportedError = {
  /** Number of the data row from 1, without the header and blank lines; of a sheet the number of the row in it; 0 for the complete file. */
  row: number
  /** Place of the value in a workbook, such as `Rates!B17`. */
  cell?: string
  column: string | null
  /** The value as read, at most 200 characters. */
  value: string | null
  code: string
  message: string
  /** The row as sent, at most 1,000 characters. */
  original: string | null
  /** The cells of the row of a workbook, in the first error of the row. */
  cells?: ReportedCell[]
}

/** Value of a cell: a text, a number, or a day as YYYY-MM-DD. */
export type ReportedCell = string | number | null | { day: string }

/** Code of the last line of a report that does not have every error. */
export const moreErrors = 'more_errors'
