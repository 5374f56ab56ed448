import type { Understood } from '../../../lib/batch/understood.ts'
import { counted } from './counted.ts'

/** Entries that cannot hide a price. */
const harmless = /^((rows|lines) before the header|empty rows|blank lines|chart sheet .*)$/s

/** Returns a line for each thing that a worker has not read, or has read into other cells, and that may have prices. */
export const skippedLines = ({ skipped }: Understood): string[] => skipped.filter(({ what }) => !harmless.test(what)).map(({ what, count }) => {
  const shown = what.replaceAll(/\p{Cc}/gu, ' ')
  if (/^(hidden|other) sheet /.test(shown)) return `not read: ${shown}`
  const [, noun, rest] = /^((?:hidden )?(?:row|column|cell))s\b(.*)$/.exec(shown) ?? []
  const things = noun === undefined ? `${count.toLocaleString('en')} ${shown}` : `${counted(count, noun)}${rest}`
  return / filled /.test(things) ? things : `not read: ${things}`
})

/** Returns a line such as `days: 2021-01-01 to 2021-01-31, prices: 98.50 to 1,184.00 USD`; nothing for a file without prices. */
export function spanLines ({ first_day: first, last_day: last, lowest_price: lowest, highest_price: highest }: Understood): string[] {
  if (first === null || last === null || lowest === null || highest === null) return []
  return [`days: ${span(first, last)}, prices: ${span(inCents(lowest), inCents(highest))} USD`]
}

const span = (from: string, to: string): string => from === to ? from : `${from} to ${to}`
const inCents = (price: number): string => price.toLocaleString('en', { minimumFractionDigits: 2 })
