import { portCodes, type Line } from './true-prices.ts'
import type { Evidence } from './write-day.ts'

/**
 * What a reader must do with a file:
 *
 * - `read`: give exactly the prices that the author means;
 * - `refuse`: give errors, and no others than `codes` if they are named;
 * - `never wrong`: one of both.
 */
export type Verdict = { must: 'read' } | { must: 'refuse', why: string, codes?: readonly string[] } | { must: 'never wrong', why: string }

/** What the days and the prices of a file show together. */
export function verdictOf (days: readonly Evidence[], prices: readonly Evidence[], plant: string | null): Verdict {
  if (plant !== null) return { must: 'refuse', why: plant }
  const codes = [isOpen(days) ? ['ambiguous_day'] : [], isOpen(prices) ? ['ambiguous_price'] : []].flat()
  return codes.length > 0 ? { must: 'refuse', why: 'two readings', codes } : { must: 'read' }
}

const isOpen = (evidence: readonly Evidence[]): boolean => evidence.includes('two') && !evidence.includes('proof')

export type Outcome = { prices: string[], errors: Array<{ row: number, code: string, value: string | null }> }

/** Returns what is wrong with an outcome; null if nothing is. */
export function faultOf (verdict: Verdict, lines: readonly Line[], { prices, errors }: Outcome): string | null {
  if (errors.length > 0) {
    const codes = errors.map(({ code }) => code)
    if (verdict.must === 'read') return 'refused, and must be read'
    const expected = verdict.must === 'refuse' ? verdict.codes : undefined
    return expected && !codes.every(code => expected.includes(code)) ? `refused as ${codes.join()}, not as ${expected.join()}` : null
  }
  if (verdict.must === 'refuse') return `read, and must be refused: ${verdict.why}`
  const expected = truePrices(lines)
  const read = [...prices].sort()
  const wrong = read.length === expected.length ? read.findIndex((price, at) => price !== expected[at]) : 0
  return wrong < 0 ? null : `WRONG: read ${read.length} prices of ${expected.length}, such as ${read[wrong]} for ${expected[wrong]}`
}

/** The prices of a list as texts, in order: a validity has one for each day. */
function truePrices (lines: readonly Line[]): string[] {
  return lines.flatMap(({ orig, dest, day, lastDay, cents }) => (
    Array.from({ length: lastDay - day + 1 }, (_, at) => priceText(orig, dest, day + at, cents))
  )).sort()
}

export const priceText = (orig: number, dest: number, day: number, cents: number): string =>
  `${portCodes[orig]} ${portCodes[dest]} ${new Date(day * 86_400_000).toISOString().slice(0, 10)} ${cents}`
