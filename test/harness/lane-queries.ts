import { emptySums } from '../../lib/ledger/row.ts'
import type { Random } from '../../lib/sample/random.ts'
import type { LaneQuery, MonthTotals } from '../../services/rates-api/rates/lane-totals.ts'
import type { Price } from './prices.ts'

/** Two ports or regions, and the codes whose prices belong to each side. */
export type Sides = { orig: string, dest: string, isOrigin: (code: string) => boolean, isDestination: (code: string) => boolean }

const origins = ['CNGGZ', 'CNTAC', 'CNTAG'] // CNTAG is an alias of CNTAC
const destinations = ['EETLL', 'EEMUG']

/** Sides for each statement of the rates API: one lane, a port with an alias, a region to a port, and a region to a region. */
export const sides: Sides[] = [
  { orig: 'CNGGZ', dest: 'EETLL', isOrigin: code => code === 'CNGGZ', isDestination: code => code === 'EETLL' },
  { orig: 'CNTAC', dest: 'EETLL', isOrigin: code => code.startsWith('CNTA'), isDestination: code => code === 'EETLL' },
  { orig: 'CNTAG', dest: 'EEMUG', isOrigin: code => code.startsWith('CNTA'), isDestination: code => code === 'EEMUG' },
  { orig: 'china_main', dest: 'EETLL', isOrigin: () => true, isDestination: code => code === 'EETLL' },
  { orig: 'china_main', dest: 'baltic_main', isOrigin: () => true, isDestination: () => true },
]

/** Returns a query that reads the given months, `YYYY-MM`, in order. */
export const queryOf = ({ orig, dest }: Sides, months: readonly string[]): LaneQuery =>
  ({ orig_code: orig, dest_code: dest, date_from: `${months[0]}-05`, date_to: `${months.at(-1)}-20` })

/** Returns a price of four bytes, or now and then one of eight, on a lane that the queries read. */
export function somePrice (random: Random, months: readonly string[]): Price {
  const below = (count: number): number => Math.floor(random() * count)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  return {
    orig: pick(origins), dest: pick(destinations), day: `${pick(months)}-${String(1 + below(28)).padStart(2, '0')}`,
    cents: random() < 0.05 ? 999_999_999_999n - BigInt(below(1_000)) : BigInt(1 + below(0x7fffffff)),
  }
}

/** Returns the sums that a query between two sides must find in each of the months, `YYYY-MM`. */
export function totalsOfPrices ({ isOrigin, isDestination }: Sides, months: readonly string[], prices: readonly Price[]): MonthTotals[] {
  return months.map(month => {
    const sums = emptySums()
    for (const { orig, dest, day, cents } of prices) {
      if (!day.startsWith(month) || !isOrigin(orig) || !isDestination(dest)) continue
      const at = Number(day.slice(8)) - 1
      sums.counts[at]!++
      sums.cents[at]! += cents
    }
    return { month: `${month}-01`, ...sums }
  })
}
