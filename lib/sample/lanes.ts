import type { Reference } from '../reference/read.ts'
import type { Port } from '../reference/rows.ts'
import type { Random } from './random.ts'
import { tradesByRegion, usualPrice } from './trades.ts'

/** A pair of ports, and the usual price of a container on it in USD. */
export type Lane = { orig_code: string, dest_code: string, price: number }

/** The lane of the README's example. Every sample has it; its price matches the example. */
export const exampleLane: Lane = { orig_code: 'CNGGZ', dest_code: 'EETLL', price: 1154 }

/**
 * Picks lanes between ports of different trades, busy ones more often, and always the example's lane.
 * Throws `RangeError` if the ports form fewer lanes than `count`.
 */
export function pickLanes ({ ports, regions }: Reference, count: number, random: Random): Lane[] {
  const trades = tradesByRegion(regions)
  const rank = ranks(ports)
  const candidates: { key: number, lane: Lane }[] = []
  for (const [i, orig] of ports.entries()) {
    for (const [j, dest] of ports.entries()) {
      const from = trades.get(orig.parent_slug)
      const to = trades.get(dest.parent_slug)
      if (!from || !to || from === to) continue
      const weight = from.exports * to.imports / ((4 + rank[i]!) * (4 + rank[j]!))
      const price = usualPrice(from, to) * (0.85 + 0.3 * random())
      candidates.push({ key: random() / weight, lane: { orig_code: orig.code, dest_code: dest.code, price } })
    }
  }
  for (const candidate of candidates) {
    if (isExample(candidate.lane)) Object.assign(candidate, { key: -1, lane: exampleLane })
  }
  if (candidates.length < count) throw new RangeError(`the ports form ${candidates.length} lanes, fewer than ${count}`)
  // The smallest keys approximate a weighted draw without replacement. They need no logarithm, whose last digit differs
  // between machines.
  return candidates.sort((a, b) => a.key - b.key).slice(0, count).map(({ lane }) => lane)
}

/** Returns true for the lane of the README's example. */
export function isExample (lane: Lane): boolean {
  return lane.orig_code === exampleLane.orig_code && lane.dest_code === exampleLane.dest_code
}

// Returns how many ports of its region precede each port: the file roughly lists busy ports first.
function ranks (ports: readonly Port[]): number[] {
  const before = new Map<string, number>()
  return ports.map(({ parent_slug: region }) => {
    const rank = before.get(region) ?? 0
    before.set(region, rank + 1)
    return rank
  })
}
