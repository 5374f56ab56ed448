import type { Understood } from '../../../lib/batch/understood.ts'
import { CsvRows } from './csv/csv.ts'
import type { Columns } from './table/columns.ts'
import type { PriceRows } from './table/price-rows.ts'
import type { TextReader } from './read.ts'

type Dialect = Pick<Understood, 'charset' | 'separator' | 'decimal_sign' | 'day_order' | 'columns' | 'skipped'>

/** Longest name of a column in a description. */
const maxNameLength = 100

/** Returns how a text was read. Rows of JSON have no dialect. */
export function describeText ({ parser, charset }: TextReader): Dialect {
  if (!(parser instanceof CsvRows)) return { skipped: [] }
  const { separator, titleRows, blankRows } = parser
  return {
    ...(charset === 'utf-8' ? {} : { charset }), ...(separator === undefined ? {} : { separator }),
    ...describeConventions(parser.prices), ...(parser.columns ? { columns: describeColumns(parser.columns) } : {}),
    skipped: describeSkipped({ 'lines before the header': titleRows, 'blank lines': blankRows }),
  }
}

export const describeConventions = ({ conventions: { decimalSign }, dayOrder }: PriceRows): Dialect => ({
  ...(decimalSign === null ? {} : { decimal_sign: decimalSign }), ...(dayOrder === null ? {} : { day_order: dayOrder }), skipped: [],
})

/** Returns the name in the file of each column. */
export const describeColumns = ({ places, names }: Columns): Record<string, string> =>
  Object.fromEntries(Object.entries(places).map(([column, at]) => [column, names[at]!.slice(0, maxNameLength)]))

export const describeSkipped = (counts: Record<string, number>): Understood['skipped'] =>
  Object.entries(counts).filter(([, count]) => count > 0).map(([what, count]) => ({ what, count }))
