/** A source of numbers from 0 up to, but never, 1, each with 32 random bits. */
export type Random = () => number

/**
 * Makes the same numbers from the same seeds on every machine (Chris Doty-Humphrey's sfc32: integer operations alone).
 * Seeds are integers; other seeds, other numbers.
 */
export function seededRandom (first: number, second = 0, third = 0): Random {
  let a = first | 0
  let b = second | 0
  let c = third | 0
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum | 0
    return (sum >>> 0) / 2 ** 32
  }
  // Seeds that differ in a bit begin alike; some rounds later nothing of it is left.
  for (let round = 0; round < 20; round++) next()
  return next
}

/** Shuffles in place, every order as likely as every other. */
export function shuffle<T> (items: T[], random: Random): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const item = items[last]!
    items[last] = items[other]!
    items[other] = item
  }
  return items
}
