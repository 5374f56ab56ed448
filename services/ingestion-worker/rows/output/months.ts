import { formatDay } from '../values/days.ts'

export type Month = {
  /** YYYY-MM-01 */
  text: string
  /** First day, in days since 1970-01-01. */
  first: number
  /** Last day, in days since 1970-01-01. */
  last: number
}

// Cache by day: a batch has few days and many lanes.
const months = new Map<number, Month>()

/** Returns the month of a day, which is in days since 1970-01-01. */
export function monthOf (day: number): Month {
  let month = months.get(day)
  if (!month) {
    const date = new Date(day * 86_400_000)
    const first = day - date.getUTCDate() + 1
    date.setUTCMonth(date.getUTCMonth() + 1, 0)
    month = { text: formatDay(first), first, last: date.getTime() / 86_400_000 }
    months.set(day, month)
  }
  return month
}
