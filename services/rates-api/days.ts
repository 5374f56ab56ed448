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
  const [first, last] = [monthNumber(from), monthNumber(to)]
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const [year, month] = [Math.floor((first + index) / 12), (first + index) % 12 + 1]
    return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`
  })
}

const monthNumber = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
const toMs = (day: string): number => Date.parse(`${day}T00:00:00Z`)
const toDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
