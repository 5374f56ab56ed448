import fc from 'fast-check'

/** A line of a price list as its author means it. A validity has a last day after `day`; without one, `lastDay` is `day`. */
export type Line = {
  orig: number
  dest: number
  /** Days since 1970-01-01. */
  day: number
  lastDay: number
  cents: number
  /** Seed of the ways in which this line is written. 0 is the plainest one. */
  noise: number
}

export const portCodes = ['CNGGZ', 'EETLL', 'NOOSL', 'CNSGH', 'GBFX2']

const dayNumber = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / 86_400_000
export const firstDay = dayNumber(2020, 1, 1)
export const lastDay = dayNumber(2022, 12, 31)

/** Year, month and day of a day, as numbers. */
export function partsOf (day: number): { year: number, month: number, day: number } {
  const date = new Date(day * 86_400_000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

const lanes = fc.integer({ min: 0, max: 19 }).map(lane => ({ orig: lane % 5, dest: (lane % 5 + 1 + Math.floor(lane / 5)) % 5 }))

/** Days of a price list: any, or none after the twelfth of a month, which prove no order of day and month. */
const days = {
  any: fc.integer({ min: firstDay, max: lastDay }),
  low: fc.integer({ min: 0, max: 431 }).map(at => dayNumber(2020 + Math.floor(at / 144), Math.floor(at / 12) % 12 + 1, at % 12 + 1)),
  'day is month': fc.integer({ min: 1, max: 12 }).map(month => dayNumber(2021, month, month)),
}
/** Prices of a price list. Those of whole dollars prove no decimal sign. */
const amounts = {
  any: fc.oneof(fc.integer({ min: 100, max: 999_999 }), fc.integer({ min: 1, max: 200_000_000 })),
  dollars: fc.integer({ min: 1, max: 9_999 }).map(dollars => dollars * 100),
  'mostly dollars': fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 9_999 }).map(dollars => dollars * 100) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 999_999 }) }),
  thousands: fc.integer({ min: 1_000, max: 20_000 }).map(dollars => dollars * 100),
  'low tens': fc.integer({ min: 10, max: 99_990 }).map(tens => tens * 10).filter(cents => cents < 100_000),
}

const kinds = fc.record({
  days: fc.constantFrom<Array<keyof typeof days>>('any', 'any', 'any', 'low', 'day is month'),
  amounts: fc.constantFrom<Array<keyof typeof amounts>>('any', 'any', 'dollars', 'mostly dollars', 'thousands', 'low tens'),
})

/** Price lists of 1 to 30 lines. */
export const priceLists: fc.Arbitrary<Line[]> = kinds.chain(kind => {
  const lines = fc.tuple(lanes, days[kind.days], amounts[kind.amounts], fc.nat(2 ** 31 - 1))
  return fc.array(lines, { minLength: 1, maxLength: 30, size: 'max' })
}).map(lines => lines.map(([lane, day, cents, noise]) => ({ ...lane, day, lastDay: Math.min(lastDay, day + noise % 7), cents, noise })))

/** Chooses among the ways to write something. A seed of 0 always chooses the first one, so that a failing case shrinks to plain text. */
export function chooser (seed: number): { one: <T> (choices: readonly T[]) => T, isRare: (odds: number) => boolean } {
  let state = seed | 0
  const next = (below: number): number => {
    if (seed === 0) return 0
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
  return { one: choices => choices[next(choices.length)]!, isRare: odds => next(odds) === odds - 1 }
}
export type Chooser = ReturnType<typeof chooser>
