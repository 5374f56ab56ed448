import { monthLength } from '../../../../lib/calendar/month-length.ts'
import { formatDay } from '../values/days.ts'

export type Months = {
  /** First day of each month, in days since 1970-01-01. */
  first: number[]
  /** Index of the month of each day, from the first day on. */
  ofDay: Uint16Array
  /** Day of the month of each day, 1 to 31. */
  dayOfMonth: Uint8Array
}

/** Returns the months of the days `firstDay` to `lastDay`, which are in days since 1970-01-01. */
export function monthsBetween (firstDay: number, lastDay: number): Months {
  const days = lastDay - firstDay + 1
  const months: Months = { first: [], ofDay: new Uint16Array(days), dayOfMonth: new Uint8Array(days) }
  for (let at = 0; at < days;) {
    const [year, month, day] = formatDay(firstDay + at).split('-').map(Number) as [number, number, number]
    const first = at - day + 1
    const end = Math.min(first + monthLength(year, month), days)
    months.ofDay.fill(months.first.push(firstDay + first) - 1, at, end)
    for (; at < end; at++) months.dayOfMonth[at] = at - first + 1
  }
  return months
}
