import { CsvError, parse } from 'csv-parse/sync'
import type { ReferenceProblem } from './invalid-reference.ts'

/** One row of a file: its values by column, or null if the number of fields is wrong, since the values may then be shifted. */
export type Row<Column extends string, Optional extends string = never> = {
  line: number
  fields: string[]
  values: Record<Column, string> & Partial<Record<Optional, string>> | null
}

/**
 * Reads a CSV file whose header has exactly `columns`, and may have the `optional` ones, in any order. Adds all problems to `problems`.
 * Returns null if the header or the CSV itself is malformed, since then no row can be used.
 */
export function readTable<Column extends string, Optional extends string = never> (
  file: ReferenceProblem['file'], csv: string, columns: readonly Column[], problems: ReferenceProblem[], optional: readonly Optional[] = []
): Row<Column, Optional>[] | null {
  const records = parseRecords(csv)
  if (records instanceof CsvError) {
    const line = Number(records['lines'] ?? 1)
    problems.push({ file, line, column: null, value: null, code: 'malformed-csv', message: `not readable as CSV: ${records.message}` })
    return null
  }
  const [header, ...body] = records
  if (!header) {
    problems.push({ file, line: 1, column: null, value: null, code: 'empty-file', message: 'the file is empty' })
    return null
  }
  const wrong = checkHeader(file, header, columns, optional)
  if (wrong.length === 0 && body.length === 0) {
    // Without this check a file that was truncated after its header would pass as a file without changes.
    wrong.push({ file, line: header.line, column: null, value: null, code: 'empty-file', message: 'the file has a header but no row' })
  }
  if (wrong.length > 0) {
    problems.push(...wrong)
    return null
  }

  return body.map(({ line, fields }) => {
    if (fields.length === header.fields.length) {
      const values = header.fields.map((column, index) => [column, fields[index]])
      return { line, fields, values: Object.fromEntries(values) }
    }
    const message = `${fields.length} field${fields.length === 1 ? '' : 's'} where the header has ${header.fields.length}`
    problems.push({ file, line, column: null, value: fields.join(','), code: 'field-count', message })
    return { line, fields, values: null }
  })
}

type Line = { line: number, fields: string[] }

function parseRecords (csv: string): Line[] | CsvError {
  try {
    // The parser counts a CRLF inside quotes as two lines, so all line ends are converted to LF first.
    const records: unknown = parse(csv.replace(/\r\n?/g, '\n'), {
      bom: true, info: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: '\n',
    })
    return (records as { record: string[], info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines - (record.join('').split('\n').length - 1), // info.lines is the line where the record ends
      fields: record,
    }))
  } catch (error) {
    if (error instanceof CsvError) return error
    throw error
  }
}

function checkHeader (
  file: ReferenceProblem['file'], { line, fields }: Line, columns: readonly string[], optional: readonly string[]
): ReferenceProblem[] {
  const problems: ReferenceProblem[] = []
  for (const column of columns.filter(column => !fields.includes(column))) {
    problems.push({ file, line, column, value: null, code: 'missing-column', message: `the header lacks the column ${column}` })
  }
  for (const [index, field] of fields.entries()) {
    const at = { file, line, column: field, value: field }
    if (!columns.includes(field) && !optional.includes(field)) {
      problems.push({ ...at, code: 'unknown-column', message: `the header has the unknown column ${JSON.stringify(field)}` })
    } else if (fields.indexOf(field) < index) {
      problems.push({ ...at, code: 'duplicate-column', message: `the header has the column ${field} more than once` })
    }
  }
  return problems
}
