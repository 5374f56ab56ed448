/**
 * The mean in USD of `count` prices that add up to `cents`, a whole number in decimal digits: the double that is nearest
 * to the true mean, since both operands of the one division are exact.
 */
export function meanPrice (cents: string, count: number): number {
  const sum = Number(cents)
  return Number.isSafeInteger(sum) ? sum / (100 * count) : nearestQuotient(BigInt(cents), 100n * BigInt(count))
}

/** For sums from 2^53 on, which a double need not hold: the quotient to 128 binary places, more than the divisor has, rounded once. */
function nearestQuotient (dividend: bigint, divisor: bigint): number {
  return Number((dividend << 128n) / divisor) / 2 ** 128
}
