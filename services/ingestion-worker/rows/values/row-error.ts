import type { ReportedError } from '../../../../lib/batch/report/reported-error.ts'
import type { ErrorCode } from '../../../../lib/batch/report/what-to-do.ts'

/**
 * Message of each code; `{}` is replaced by a detail of the row or of the configuration. Clients act on the code. The message is for
 * people, and its wording may change.
 */
const messages = {
  // of a value
  missing_value: 'A value is missing',
  malformed_port: 'A port code is five characters, two letters and three of A to Z or 0 to 9, such as CNGGZ',
  unknown_port: 'No port has this code',
  retired_port: 'The port is retired and takes no new prices',
  same_port: 'The destination must be another port than the origin',
  malformed_day: 'This is no day in a form that is read: write YYYY-MM-DD',
  not_a_day: 'The calendar has no such day',
  day_out_of_span: 'Days from {} are accepted',
  malformed_price: 'A price is written in plain digits, a point before the decimals, such as 1154.50',
  price_not_positive: 'A price must be above 0',
  price_decimals: 'A price has at most two decimals',
  date_as_price: 'The cell is a date and not a number: a spreadsheet program may have turned a price such as 1.5 into a day',
  price_too_large: 'A price is at most {} USD',
  not_midnight: 'A day has no time of day: the time must be midnight in UTC',
  serial_day: 'The day is the serial number of a spreadsheet, which has two readings: write it as YYYY-MM-DD, or declare the epoch in a profile',
  short_year: 'The year has two digits, and a year has four: write YYYY-MM-DD',
  other_currency: 'Prices are in USD: $, US$ or USD may stand beside a price, no other currency',
  validity_order: 'The last day of the validity is before the first one',
  validity_too_long: 'A validity has at most {} days, both ends included',
  not_a_number: 'A price cannot be NaN or infinite',
  float_not_exact: 'This 32-bit float is nearest to no price, or to several: write the column as DOUBLE, as DECIMAL(12,2) or as text',
  wrong_type: 'A code and a day are JSON strings, a price is a JSON number or a string',
  cell_error: 'The cell has an error of the spreadsheet in place of a value',
  formula_not_computed: 'The formula has no computed value: open the file in a spreadsheet program and save it',
  covered_value: 'The value is under a merged cell, where nobody sees it: unmerge the cells, or remove the value',
  not_utf8: 'The text is not UTF-8{}',
  // of a row
  field_count: 'The row has {}',
  row_too_long: 'A row has at most {} bytes',
  totals_row: 'This row has a total and no price of a lane: delete the row',
  repeated_header: 'The header stands here again: delete the row',
  note_row: 'This row has one text and no price: delete the row',
  value_without_column: 'A value stands in a column without a name: name the column, or delete the value',
  unclosed_quote: 'A quote is opened in this line and not closed',
  malformed_json: 'This is not JSON: {}',
  not_an_object: 'A row must be a JSON object',
  // of the header, or of an object's keys
  container_column: 'Prices of other containers than 40HC are not accepted yet: delete this column',
  unknown_column: 'This is no column of a price: orig_code, dest_code, day (or valid_from and valid_to) and price are read{}',
  missing_column: 'The header lacks this column',
  fixed_column: 'The file has this column, and the profile has a fixed value for it',
  repeated_column: 'Two columns have one meaning{}',
  // of the file, with the first row that shows it
  ambiguous_day: 'The days of this file can be read in two ways, as {}: write all days as YYYY-MM-DD, or declare the order of day and month in a profile',
  ambiguous_price: 'The prices of this file can be read in two ways, as {} USD: write two decimals, or declare the decimal sign in a profile',
  contradicting_days: 'The days of the file contradict each other: {}',
  contradicting_prices: 'The file has prices with two decimal signs: {}',
  // of the file
  file_too_large: 'A file of this kind has at most {}',
  profile_of_json: 'A profile is for files of columns, not for JSON: send the file without a profile',
  damaged_zip: 'The ZIP file is damaged or incomplete',
  encrypted_zip: 'The ZIP file needs a password: send it without one',
  zip_method: 'The ZIP file is packed by a rare method: pack it by deflate, which every program has',
  zip_in_zip: 'The ZIP file has another ZIP file in it: send the file itself, or one ZIP file with it',
  zip_of_other: 'The file in the ZIP file is {}, which is not read: send CSV, XLSX, Parquet or JSON',
  not_one_file: 'A ZIP file must have exactly one file, this one has {}',
  too_many_entries: 'A ZIP file or a workbook has at most {} files in it',
  unpacked_too_large: 'The file has more than {} when it is unpacked',
  not_a_workbook: 'The file is {}, no Excel workbook (XLSX): open it in a spreadsheet program and save it as one',
  damaged_workbook: 'The workbook is damaged: open it in a spreadsheet program and save it again',
  encrypted_workbook: 'The workbook needs a password: save it without one',
  macro_workbook: 'The workbook has macros: save it as Excel workbook (XLSX) without them',
  xls_workbook: 'The file is an old Excel workbook (XLS): save it as Excel workbook (XLSX)',
  xlsb_workbook: 'The file is a binary Excel workbook (XLSB): save it as Excel workbook (XLSX)',
  xml_doctype: 'The workbook has a document type declaration, which no spreadsheet program writes: open it in one and save it again',
  no_worksheet: 'The workbook has charts alone, and no sheet with rows',
  too_many_sheets: 'A workbook has at most {} sheets',
  too_many_columns: 'A file has values in at most {} columns',
  too_many_merged_cells: 'A sheet has at most {} merged cells',
  cell_too_long: 'A cell has at most {} characters',
  too_much_text: 'The cells of a workbook have at most {} of different texts',
  no_such_sheet: 'No sheet has the name {}',
  sheet_not_read: 'Only a visible sheet with rows is read, these are hidden or charts: {}',
  no_sheet_with_header: 'None of the sheets {} has a header with the columns orig_code, dest_code, day and price',
  several_sheets: 'Several sheets have prices: {}. Name the sheet to read in a profile, or send a workbook with one of them',
  not_gzip: 'The file is not complete, valid gzip',
  too_large: 'The decoded file is too long',
  no_header: 'None of the first rows names the columns orig_code, dest_code, day and price',
  rows_before_header: 'A row above the header has a price: put the header above all prices',
  no_rows: 'The file has no rows',
  not_parquet: 'The file is not complete, valid Parquet{}',
  parquet_encrypted: 'The Parquet file is encrypted: write it without encryption',
  parquet_nested: 'The column {} has lists or structures: write one value per column and row',
  parquet_column_type: 'The column {}, which is neither text nor a number nor a day',
  parquet_feature: 'The Parquet file uses {}, which is not read: write it with the default options of the writer',
  footer_too_large: 'The footer of a Parquet file has at most {}: write larger row groups',
  row_group_too_large: 'A row group of a Parquet file has at most {} when decoded: write smaller row groups',
  page_too_large: 'A page of a Parquet file has at most {} when decoded: write smaller pages',
  not_an_array: 'The file must be one JSON array of objects',
  gap_too_long: 'More than {} bytes of consecutive white space or empty lines',
  too_many_rows: 'A file has at most {} rows',
  row_count: 'The file has {}',
  withdrawn: 'The same content was withdrawn, as batch {}: send it under a new Idempotency-Key if it is to count again',
  not_withdrawable: 'The batch is {} and cannot be withdrawn',
  already_replaced: 'A batch of "replaces" was replaced by batch {}, whose prices count: replace that one',
  superseded: 'Batch {} of the same series was processed first after this one and has been applied: send this file again if it is the newer one',
  duplicate: 'The same content in the same format was applied before, as batch {}',
  // of the report
  more_errors: 'The report has the first {} errors',
} as const satisfies Record<ErrorCode, string>

export type RowErrorCode = ErrorCode

/** One fault of a row or of the file. Its text is well-formed and has no NUL, so that PostgreSQL can store it. */
export type RowError = ReportedError & { code: RowErrorCode }

/** Largest length of `value` and `column` of a {@link RowError}, in UTF-16 code units. */
export const MAX_VALUE_CHARS = 200
/** Largest length of `original` of a {@link RowError}, in UTF-16 code units. */
export const MAX_ORIGINAL_CHARS = 1000

/** Returns the message of a code, with `detail` bounded to {@link MAX_VALUE_CHARS}. */
export function errorMessage (code: RowErrorCode, detail = ''): string {
  return messages[code].replace('{}', () => bounded(detail, MAX_VALUE_CHARS))
}

/** Returns an error of the complete file. `detail` is inserted into its message. */
export function fileError (code: RowErrorCode, detail?: string, value: string | null = null): RowError {
  return { row: 0, column: null, value, code, message: errorMessage(code, detail), original: null }
}

/** Returns the beginning of `bytes[start, end)` as text of at most `maxChars` code units. Invalid UTF-8 becomes U+FFFD. */
export function boundedText (bytes: Uint8Array, start: number, end: number, maxChars: number): string {
  // A character takes at most three bytes per code unit. Four bytes suffice, so a cut character is never in the result.
  const last = Math.min(end, start + maxChars * 4)
  return bounded(Buffer.from(bytes.buffer, bytes.byteOffset + start, last - start).toString(), maxChars)
}

/** Returns the beginning of a text, like {@link boundedText}. */
export function bounded (text: string, maxChars: number): string {
  const head = text.length <= maxChars ? text : text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, '')
  return head.toWellFormed().replaceAll('\0', '\ufffd')
}
