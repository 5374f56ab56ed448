import { monthLength } from '../../../lib/calendar/month-length.ts'
import { dayMs } from '../../../lib/calendar/day-ms.ts'

const toMs = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** Returns the number of days between two days, both included; below 1 if `from` is after `to`. */
export function countDays (from: string, to: string): number {
  return (toMs(to) - toMs(from)) / dayMs + 1
}

/** The days of one month within a range, from `first` to `last`. `month` is the first day of the month, in the range or not. */
export type MonthPart = { month: string, first: number, last: number }

/** Returns the months that overlap a range, in order. */
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

/** Returns a day of a month as `YYYY-MM-DD`. */
export function dayOf (month: string, day: number): string {
  return month.slice(0, 8) + twoDigits(day)
}

const monthNumber = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
const twoDigits = (number: number): string => number < 10 ? `0${number}` : String(number)
