import type { Readable } from 'node:stream'
import { Type, type Static } from 'typebox'
import { CauseCounter, type Cause, type Causes } from '../../../lib/batch/report/causes.ts'
import { moreErrors } from '../../../lib/batch/report/reported-error.ts'
import { adviceOn } from '../../../lib/batch/report/what-to-do.ts'
import { csvLine, inertCsvLine } from '../../../lib/http/csv.ts'
import { errorGroups } from './lines.ts'

const Text = Type.Union([Type.String(), Type.Null()])

/** A line of `?by=cause`. */
export const CauseView = Type.Object({
  code: Type.String(),
  column: Text,
  count: Type.Integer({ description: 'errors of this cause, also those that the report does not have; 0 for more_errors, which says how many the report has' }),
  message: Type.String(),
  advice: Type.Union([Type.String(), Type.Null()], { description: 'what to do' }),
  rows: Type.Array(Type.Integer(), { maxItems: 10, description: 'the first rows; empty for an error of the file itself' }),
  example: Type.Object({ row: Type.Integer(), cell: Type.Optional(Type.String()), value: Text, original: Text }),
})
export type CauseView = Static<typeof CauseView>

/** Groups the lines of a report, as the worker does while it writes one. */
export async function groupLines (report: Readable): Promise<Causes> {
  const counter = new CauseCounter()
  for await (const errors of errorGroups(report)) for (const error of errors) if (error.code !== moreErrors) counter.add(error)
  return { version: 1, errors: counter.errors, written: counter.errors, causes: counter.causes() }
}

/** Returns the lines of `?by=cause`. If the report does not have every error, the last line says so. */
export function causeViews ({ causes, errors, written }: Causes): CauseView[] {
  const more: Cause[] = errors === written
    ? []
    : [{
        code: moreErrors, column: null, count: 0, message: `The report has the first ${written} of ${errors} errors`, rows: [],
        example: { row: 0, value: null, original: null },
      }]
  return [...causes, ...more].map(({ code, column, count, message, rows, example }) => (
    { code, column, count, message, advice: adviceOn(code), rows, example }
  ))
}

const columns = ['count', 'code', 'column', 'message', 'advice', 'rows', 'cell', 'value', 'original']

export const causesCsv = (views: readonly CauseView[]): string => csvLine(columns) + views.map(
  ({ count, code, column, message, advice, rows, example: { cell, value, original } }) => (
    inertCsvLine([count, code, column, message, advice, rows.join(' '), cell ?? null, value, original])
  )
).join('')

export const causesNdjson = (views: readonly CauseView[]): string => views.map(view => `${JSON.stringify(view)}\n`).join('')
