import type { Understood } from '../../../lib/batch/understood.ts'
import { describeColumns, describeConventions, describeSkipped } from './describe-text.ts'
import type { TableRows } from './table/table-rows.ts'

/** Returns how the rows of a table were read. */
export function describeTable ({ columns, prices, titleRows, blankRows }: TableRows): Pick<Understood, 'decimal_sign' | 'day_order' | 'columns' | 'skipped'> {
  return {
    ...describeConventions(prices), ...(columns ? { columns: describeColumns(columns) } : {}),
    skipped: describeSkipped({ 'rows before the header': titleRows, 'empty rows': blankRows }),
  }
}
