/** Returns a number from 0 (inclusive) to 1 (exclusive) with 32 random bits. */
export type Random = () => number

/**
 * Returns a generator of the same numbers from the same seeds on every machine (Chris Doty-Humphrey's sfc32, which uses only integer
 * operations). Seeds are integers. Different seeds give different numbers.
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
  // Seeds that differ in one bit begin with similar numbers. After 20 rounds the similarity has disappeared.
  for (let round = 0; round < 20; round++) next()
  return next
}

/** Shuffles in place; every order is equally likely. */
export function shuffle<T> (items: T[], random: Random): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const item = items[last]!
    items[last] = items[other]!
    items[other] = item
  }
  return items
}
