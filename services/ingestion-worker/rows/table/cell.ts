import type { RowErrorCode } from '../values/row-error.ts'

/**
 * A value of a table, as its file has it:
 *
 * - text, or null for an empty cell;
 * - a number: a double without a unit. In a day column it is a serial number of a spreadsheet;
 * - `serial`: a number that a spreadsheet shows as a date. It is no price;
 * - `day`: a day that the file has as a day, in days since 1970-01-01, without a time; `isFixed` if a profile has it instead;
 * - `cents`: an exact decimal number, in hundredths;
 * - `fault`: a value that cannot be a day or a price, such as `#N/A`, with its text.
 */
export type Cell =
  string | number | null | { serial: number } | { day: number, isFixed?: boolean } | { cents: number } | { fault: RowErrorCode, text: string }

/** Receiver of the rows of a table, in the order of the file. A row is valid until the call returns. */
export type TableSink = {
  /** @param row number of the row in its file, from 1; of Parquet from 0, which has the names */
  row (cells: readonly Cell[], row: number): void
}
