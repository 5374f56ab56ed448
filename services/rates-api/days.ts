const dayMs = 86_400_000

/** Whether a text that looks like `YYYY-MM-DD` is a day of the calendar. There is no year 0. */
export function isDay (text: string): boolean {
  const ms = toMs(text)
  return !Number.isNaN(ms) && toDay(ms) === text && text >= '0001-01-01'
}

/** Number of days from one to another, both counted; below 1 when they are the wrong way round. */
export function countDays (from: string, to: string): number {
  return (toMs(to) - toMs(from)) / dayMs + 1
}

/** Every day of a range, the last one first. */
export function daysNewestFirst (from: string, to: string): string[] {
  const last = toMs(to)
  return Array.from({ length: countDays(from, to) }, (_, index) => toDay(last - index * dayMs))
}

/** The first day of every month that a range touches. */
export function monthsOf (from: string, to: string): string[] {
  const months = []
  for (let month = `${from.slice(0, 7)}-01`; month <= to; month = nextMonth(month)) months.push(month)
  return months
}

// Every first of a month is followed by that of the next within 32 days.
const nextMonth = (month: string): string => `${toDay(toMs(month) + 31 * dayMs).slice(0, 7)}-01`
const toMs = (day: string): number => Date.parse(`${day}T00:00:00Z`)
const toDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
