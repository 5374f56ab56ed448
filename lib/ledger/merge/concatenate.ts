import { centsWidth, type LedgerRow } from '../row.ts'

/** Number of prices from which a row is full: nothing is merged into it again. */
export const FULL_PRICES = 2_048

/** Prices of a lane in rows of one width. */
export type WideOrNarrow = { lane: number, width: 4 | 8, prices: number }

/** Returns the number of prices by lane and by width. */
export function countPrices (rows: ReadonlyArray<LedgerRow & { lane: number }>): WideOrNarrow[] {
  const counts = new Map<string, WideOrNarrow>()
  for (const row of rows) {
    const [lane, width] = [row.lane, centsWidth(row)]
    const count = counts.get(`${lane} ${width}`) ?? { lane, width, prices: 0 }
    counts.set(`${lane} ${width}`, count)
    count.prices += row.days.length
  }
  return [...counts.values()]
}

/** Concatenates rows of one lane, kind and month to as few rows as possible. Narrow and wide rows stay apart. */
export function concatenate (rows: readonly LedgerRow[]): LedgerRow[] {
  const merged: LedgerRow[] = []
  for (const width of [4, 8]) {
    let parts: LedgerRow[] = []
    let prices = 0
    for (const row of rows) {
      if (centsWidth(row) !== width) continue
      parts.push(row)
      prices += row.days.length
      if (prices < FULL_PRICES) continue
      merged.push(join(parts))
      parts = []
      prices = 0
    }
    if (parts.length > 0) merged.push(join(parts))
  }
  return merged
}

const join = (rows: readonly LedgerRow[]): LedgerRow => ({
  runs: Buffer.concat(rows.map(({ runs }) => runs)),
  days: Buffer.concat(rows.map(({ days }) => days)),
  cents: Buffer.concat(rows.map(({ cents }) => cents)),
})
