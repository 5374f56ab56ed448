import { monthLength } from '../../../../lib/calendar/month-length.ts'

/** Result of {@link readDay} for bytes that do not have the form YYYY-MM-DD. Days before 1970 are negative, but never as low as this value. */
export const MALFORMED_DAY = -1_000_000_000
/** Result of {@link readDay} for a day that does not exist in the calendar. */
export const NOT_A_DAY = -1_000_000_001

const DASH = 0x2d

/** Parses YYYY-MM-DD from `bytes[start, end)`. Returns days since 1970-01-01, {@link MALFORMED_DAY} or {@link NOT_A_DAY}. */
export function readDay (bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 10 || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return MALFORMED_DAY
  // For a byte b, (b ^ 48) <= 9 is true only for the ten digits.
  const a = bytes[start]! ^ 48
  const b = bytes[start + 1]! ^ 48
  const c = bytes[start + 2]! ^ 48
  const d = bytes[start + 3]! ^ 48
  const e = bytes[start + 5]! ^ 48
  const f = bytes[start + 6]! ^ 48
  const g = bytes[start + 8]! ^ 48
  const h = bytes[start + 9]! ^ 48
  if (a > 9 || b > 9 || c > 9 || d > 9 || e > 9 || f > 9 || g > 9 || h > 9) return MALFORMED_DAY
  const year = a * 1000 + b * 100 + c * 10 + d
  const month = e * 10 + f
  const day = g * 10 + h
  if (year === 0 || month < 1 || month > 12 || day < 1) return NOT_A_DAY // PostgreSQL has no year 0
  if (day > 28 && day > monthLength(year, month)) return NOT_A_DAY
  if (year !== lastYear || month !== lastMonth) {
    lastYear = year
    lastMonth = month
    lastMonthStart = daysSinceEpoch(year, month, 0)
  }
  return lastMonthStart + day
}

/** Month of the last day that was read: most rows of a file are of the same one. */
let [lastYear, lastMonth, lastMonthStart] = [0, 0, 0]

/** Parses a day of the configuration. Returns days since 1970-01-01. Throws if `text` is not a day of the calendar. */
export function parseDay (text: string): number {
  const bytes = new TextEncoder().encode(text)
  const day = readDay(bytes, 0, bytes.length)
  if (day <= MALFORMED_DAY) throw new Error(`Not a day: ${JSON.stringify(text)}`)
  return day
}

/** Formats days since 1970-01-01 as YYYY-MM-DD. */
export function formatDay (day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}

/** Returns days since 1970-01-01, for years from 1. Counts years from 1 March, so that the leap day is the last day of a year. */
function daysSinceEpoch (year: number, month: number, day: number): number {
  const y = (month > 2 ? year : year - 1) | 0
  const m = month > 2 ? month - 3 : month + 9
  return 365 * y + (y >> 2) - (y / 100 | 0) + (y / 400 | 0) + ((153 * m + 2) / 5 | 0) + day - 719_469
}
