import { PassThrough, pipeline, type Readable } from 'node:stream'
import { csvLine, inertCsvLine } from '../../../lib/http/csv.ts'
import { errorGroups } from './lines.ts'

const columns = ['row', 'column', 'value', 'code', 'message', 'original'] as const

/**
 * Converts a report to CSV. That of a workbook has the places of the cells in a further column. An error or a close of one stream closes the other:
 * the report fails, or the client disconnects.
 */
export function toCsv (report: Readable, isWorkbook: boolean): Readable {
  return pipeline(report, source => csvText(source, isWorkbook ? [...columns, 'cell'] : columns), new PassThrough(), () => {})
}

async function * csvText (report: Readable, columns: ReadonlyArray<'row' | 'column' | 'value' | 'code' | 'message' | 'original' | 'cell'>): AsyncGenerator<string> {
  yield csvLine(columns)
  for await (const errors of errorGroups(report)) yield errors.map(error => inertCsvLine(columns.map(column => error[column] ?? null))).join('')
}
