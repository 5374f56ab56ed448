/** Fewest prices of a lane-day that has a mean: with fewer, single prices could be found out. */
export const minPrices = 3

/**
 * Returns the mean in USD of `count` prices whose sum is `cents`. The result is the double nearest to the true mean, because both
 * operands of the one division are exact.
 */
export function meanPrice (cents: bigint, count: number): number {
  const sum = Number(cents)
  return Number.isSafeInteger(sum) ? sum / (100 * count) : nearestQuotient(cents, 100n * BigInt(count))
}

/** Divides sums from 2^53 on, which a double may not represent: to 128 binary places, more than the divisor has, rounded once. */
function nearestQuotient (dividend: bigint, divisor: bigint): number {
  return Number((dividend << 128n) / divisor) / 2 ** 128
}
