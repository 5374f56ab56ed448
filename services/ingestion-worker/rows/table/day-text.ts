import { MALFORMED_DAY, NOT_A_DAY, parseDay, readDay } from '../values/days.ts'

/** The order of day and month in the days of a file. */
export type DayOrder = 'day.month' | 'month.day'

/**
 * A day as read from its text:
 *
 * - `day`: one reading, in days since 1970-01-01. `proves` is the order that the text can only have, null if the text shows none.
 *   `isOrdered` tells whether the day and the month come before the year;
 * - `dayMonth` and `monthDay`: two readings;
 * - `code`: none.
 */
export type DayReading =
  { day: number, proves: DayOrder | null, isOrdered: boolean } | { dayMonth: number, monthDay: number } | { code: 'malformed_day' | 'not_a_day' | 'not_midnight' | 'serial_day' | 'short_year' }

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const fullMonths = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

const yearFirst = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/
const yearLast = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$/
const dayOfNamedMonth = /^(\d{1,2})(?: |-|\. ?)([a-z]{3,9})\.?(?: |-|, ?)(\d{4})$/i
const shortYear = /^(\d{1,2}([-/.])\d{1,2}\2|\d{1,2}[ -][a-z]{3,9}[ -]|[a-z]{3,9} \d{1,2},? )'?\d{2}$/i
const namedMonthFirst = /^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$/i
/** A time after the day. Only midnight, in UTC if it names a zone, is a day. */
const time = /^(.*\d)(?:T| )(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)( ?[AP]M)?(Z|[+-]\d{2}:?\d{2})?$/i
const midnight = /^0?0:00(?::00(?:[.,]0+)?)?$/
/** A longer text is no day. */
const maxLength = 100
const utc = /^(?:Z|[+-]00:?00)?$/i

/**
 * Reads a day from a text without white space around it. Never guesses: a text with two readings has both. With points the day comes first: no locale
 * of the Unicode CLDR (48) writes the month before it.
 */
export function readDayText (text: string): DayReading {
  if (text.length > maxLength) return { code: 'malformed_day' }
  const timed = time.exec(text)
  if (timed) {
    const [, day, hours, half = '', zone = ''] = timed as unknown as [string, string, string, string | undefined, string | undefined]
    const isMidnight = half === '' ? midnight.test(hours) : /am/i.test(half) && /^12:00(?::00)?$/.test(hours)
    return isMidnight && utc.test(zone) ? readDayText(day) : { code: 'not_midnight' }
  }
  const first = yearFirst.exec(text)
  if (first) return of(first[1]!, first[3]!, first[4]!, null, false)
  const last = yearLast.exec(text)
  if (last) return last[2] === '.' ? of(last[4]!, last[3]!, last[1]!, 'day.month', true) : readYearLast(last[1]!, last[3]!, last[4]!)
  const named = dayOfNamedMonth.exec(text)
  if (named) return ofNamedMonth(named[3]!, named[2]!, named[1]!)
  const month = namedMonthFirst.exec(text)
  if (month) return ofNamedMonth(month[3]!, month[1]!, month[2]!)
  if (/^\d{5}$/.test(text)) return { code: 'serial_day' }
  return { code: shortYear.test(text) ? 'short_year' : 'malformed_day' }
}

function readYearLast (a: string, b: string, year: string): DayReading {
  const dayMonth = dayOf(year, b, a)
  const monthDay = dayOf(year, a, b)
  if (dayMonth === NOT_A_DAY && monthDay === NOT_A_DAY) return { code: 'not_a_day' }
  if (monthDay === NOT_A_DAY) return { day: dayMonth, proves: 'day.month', isOrdered: true }
  if (dayMonth === NOT_A_DAY) return { day: monthDay, proves: 'month.day', isOrdered: true }
  return dayMonth === monthDay ? { day: dayMonth, proves: null, isOrdered: true } : { dayMonth, monthDay }
}

function ofNamedMonth (year: string, name: string, day: string): DayReading {
  const at = Math.max(months.indexOf(name.toLowerCase()), fullMonths.indexOf(name.toLowerCase()), name.toLowerCase() === 'sept' ? 8 : -1)
  return at < 0 ? { code: 'malformed_day' } : of(year, String(at + 1), day, null, false)
}

function of (year: string, month: string, day: string, proves: DayOrder | null, isOrdered: boolean): DayReading {
  const read = dayOf(year, month, day)
  return read === NOT_A_DAY ? { code: 'not_a_day' } : { day: read, proves, isOrdered }
}

/** Returns days since 1970-01-01, or {@link NOT_A_DAY}. */
function dayOf (year: string, month: string, day: string): number {
  const bytes = Buffer.from(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  const read = readDay(bytes, 0, bytes.length)
  return read === MALFORMED_DAY ? NOT_A_DAY : read
}

/** First day of the serial numbers of a spreadsheet. Its 1900 system counts a 29 February 1900, so the days from March 1900 on are one later. */
export const serialStart = { 1900: parseDay('1899-12-30'), 1904: parseDay('1904-01-01') } as const
export type SerialEpoch = keyof typeof serialStart
/** Serial numbers below the one of 1990 are formulas that gave 0, and numbers of another kind. */
const firstSerialDay = parseDay('1990-01-01')

/** Reads the serial number of a day. A fraction is a time. */
export function readSerial (serial: number, epoch: SerialEpoch | null): DayReading {
  if (epoch === null) return { code: 'serial_day' }
  const day = serialStart[epoch] + Math.floor(serial)
  if (!(day >= firstSerialDay) || serial > 100_000) return { code: 'malformed_day' }
  return Number.isInteger(serial) ? { day, proves: null, isOrdered: false } : { code: 'not_midnight' }
}
