import { monthLength } from '../../../lib/calendar/month-length.ts'

const dayMs = 86_400_000
const toMs = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** Whether a text that looks like `YYYY-MM-DD` is a day of the calendar, which has no year 0. */
export function isDay (text: string): boolean {
  const ms = toMs(text) // of the 31st of a shorter month: a day of the next
  return text >= '0001-01-01' && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

/** Number of days from one to another, both counted; below 1 when they are the wrong way round. */
export function countDays (from: string, to: string): number {
  return (toMs(to) - toMs(from)) / dayMs + 1
}

/** The days of one month that lie in a range, from `first` to `last`; `month` is its first day, in the range or not. */
export type MonthPart = { month: string, first: number, last: number }

/** The months that a range touches, in order. */
export function monthsOf (from: string, to: string): MonthPart[] {
  const [firstMonth, lastMonth] = [monthNumber(from), monthNumber(to)]
  return Array.from({ length: lastMonth - firstMonth + 1 }, (_, index) => {
    const number = firstMonth + index
    return {
      month: `${String(Math.floor(number / 12)).padStart(4, '0')}-${twoDigits(number % 12 + 1)}-01`,
      first: number === firstMonth ? Number(from.slice(8)) : 1,
      last: number === lastMonth ? Number(to.slice(8)) : monthLength(Math.floor(number / 12), number % 12 + 1),
    }
  })
}

/** `YYYY-MM-DD` of a day of a month. */
export function dayOf (month: string, day: number): string {
  return month.slice(0, 8) + twoDigits(day)
}

const monthNumber = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
const twoDigits = (number: number): string => number < 10 ? `0${number}` : String(number)
