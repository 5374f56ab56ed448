import { formatDay } from './days.ts'

export type Month = {
  /** YYYY-MM-01 */
  text: string
  /** In days since 1970-01-01, as the last. */
  first: number
  last: number
}

// A batch has few days and many lanes.
const months = new Map<number, Month>()

/** The month of a day since 1970-01-01. */
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

const DAYS = 31
// The zeros before the first value, between two, and after the last.
const heads = Array.from({ length: DAYS }, (_, count) => '{' + '0,'.repeat(count))
const gaps = Array.from({ length: DAYS }, (_, count) => ',' + '0,'.repeat(count))
const tails = Array.from({ length: DAYS }, (_, count) => ',0'.repeat(count) + '}')

/** An array literal of one number per day of a month, written from the first day to the last, one of them at least. */
export class MonthArray {
  #text = ''
  #day = 0

  put (dayOfMonth: number, value: number | string): void {
    this.#text += (this.#day === 0 ? heads : gaps)[dayOfMonth - this.#day - 1]! + value
    this.#day = dayOfMonth
  }

  end (): string {
    return this.#text + tails[DAYS - this.#day]!
  }
}
