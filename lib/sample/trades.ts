import type { Region } from '../reference/rows.ts'

/**
 * Where a region is and how much it ships. `at` is its position on the route around the world by Suez and Panama. `off` is its
 * distance from that route. Both are in thousands of nautical miles. `exports` and `imports` are relative quantities.
 */
export type Trade = { at: number, off: number, exports: number, imports: number }

/** Length of the route around the world, in thousands of nautical miles. */
const around = 24.5

/** The trade of each region's ports. An unlisted region has the trade of its parent. */
const trades: Record<string, Trade> = {
  far_east: { at: 0, off: 0, exports: 14, imports: 5 },
  south_east_asia: { at: 2.2, off: 0.2, exports: 6, imports: 2 },
  oceania: { at: 2.5, off: 4, exports: 0.4, imports: 1 },
  indian_subcontinent: { at: 4.2, off: 0.4, exports: 4, imports: 2 },
  middle_east: { at: 5.6, off: 0.7, exports: 1, imports: 3 },
  africa: { at: 6.2, off: 3, exports: 0.3, imports: 1 },
  mediterranean: { at: 8.2, off: 0.2, exports: 2, imports: 4 },
  northern_europe: { at: 10.6, off: 0.2, exports: 2, imports: 4 },
  north_europe_main: { at: 10.4, off: 0, exports: 6, imports: 12 },
  uk_main: { at: 10.4, off: 0, exports: 3, imports: 9 },
  scandinavia: { at: 10.6, off: 0.6, exports: 1, imports: 2 },
  baltic: { at: 10.6, off: 0.9, exports: 1, imports: 3 },
  us_east_coast: { at: 14, off: 0, exports: 3, imports: 9 },
  canada_east: { at: 13.6, off: 0.3, exports: 1, imports: 3 },
  us_gulf_coast: { at: 15.4, off: 0.6, exports: 3, imports: 5 },
  latin_america: { at: 15.8, off: 1.6, exports: 0.8, imports: 2 },
  north_america: { at: 19, off: 0, exports: 3, imports: 9 },
}

/** Returns the trade of each region by slug; null if neither the region nor any region above it has a trade. */
export function tradesByRegion (regions: readonly Region[]): Map<string, Trade | null> {
  const parents = new Map(regions.map(({ slug, parent_slug: parent }) => [slug, parent]))
  const find = (slug: string | null): Trade | null => slug === null ? null : trades[slug] ?? find(parents.get(slug) ?? null)
  return new Map(regions.map(({ slug }) => [slug, find(slug)]))
}

/** Returns a plausible price in USD. The price grows with the distance; ships that return for their next load charge less. */
export function usualPrice (orig: Trade, dest: Trade): number {
  const along = Math.abs(orig.at - dest.at)
  const distance = Math.min(along, around - along) + orig.off + dest.off
  const isReturnLeg = orig.exports < dest.exports
  return (280 + 84 * distance) * (isReturnLeg ? 0.55 : 1)
}
