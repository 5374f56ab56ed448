import { monthLength } from './month-length.ts'

/** Returns true if a text of the form `YYYY-MM-DD` is a day of the calendar, which has no year 0. */
export function isDay (text: string): boolean {
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8))]
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= monthLength(year, month)
}
