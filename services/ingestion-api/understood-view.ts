import { Type } from 'typebox'
import type { Understood } from '../../lib/batch/understood.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))

/** The type of `understood` in a view, for the OpenAPI document. */
export const UnderstoodView = Type.Unsafe<Understood>(Type.Object({
  format: Type.String(),
  charset: text('character encoding of a text, if it is not UTF-8'),
  separator: text('separator of the fields'),
  decimal_sign: text('. or ,'),
  day_order: text('day.month or month.day, of days with the year last'),
  sheet: text('the sheet that was read'),
  columns: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'the name in the file of each column' })),
  profile: Type.Optional(Type.Object({ name: Type.String(), version: Type.String() }, { description: 'the profile that the batch was accepted with' })),
  rows: Type.Integer(),
  prices: Type.Integer({ description: 'prices of the good rows before the first error; a validity gives one for each day' }),
  first_day: Type.Union([Type.String(), Type.Null()]),
  last_day: Type.Union([Type.String(), Type.Null()]),
  lowest_price: Type.Union([Type.Number(), Type.Null()]),
  highest_price: Type.Union([Type.Number(), Type.Null()]),
  first_prices: Type.Array(Type.Object({ orig_code: Type.String(), dest_code: Type.String(), day: Type.String(), price: Type.Number() }), {
    description: 'the first five prices of the file, as they were read',
  }),
  skipped: Type.Array(Type.Object({ what: Type.String(), count: Type.Integer() }), { description: 'what was not read' }),
}, { description: 'how the file was read; not in a list' }))
