import type { ProfileOfBatch } from '../../../../lib/batch/profile.ts'
import type { TextOptions } from '../read.ts'
import { parseDay } from '../values/days.ts'
import type { Cell } from './cell.ts'
import type { ColumnName } from './column-names.ts'

/** What a profile declares about a file, for its reader. */
export type ProfileOptions = Omit<TextOptions, 'maxDays'> & { /** The sheet to read. */ sheet?: string | undefined }

/** Returns the options of a reader that a profile declares. */
export function tableOptionsOf (profile: ProfileOfBatch): ProfileOptions {
  const { columns, separator, decimal_sign: decimalSign, day_order: dayOrder, epoch, sheet, ignore, fixed, charset } = profile
  const ignored = ignore && new Set(ignore)
  return { named: columns, ignored, fixed: fixed && cellsOf(fixed), separator, decimalSign, dayOrder, epoch, charset, sheet }
}

/** Fixed days and prices are cells that have one reading, so that they prove nothing about the conventions of the file. */
function cellsOf ({ price, ...fixed }: NonNullable<ProfileOfBatch['fixed']>): Partial<Record<ColumnName, Cell>> {
  const { orig_code: orig, dest_code: dest, ...days } = fixed
  return {
    ...(orig === undefined ? {} : { orig_code: orig }), ...(dest === undefined ? {} : { dest_code: dest }),
    ...Object.fromEntries(Object.entries(days).map(([column, day]) => [column, { day: parseDay(day), isFixed: true }])),
    ...(price === undefined ? {} : { price: { cents: Math.round(Number(price) * 100) } }),
  }
}
