/**
 * The mean in USD of `count` prices that add up to `cents`, a whole number in decimal digits: the double that is nearest
 * to the true mean, since both operands of the one division are exact.
 */
export function meanPrice (cents: string, count: number): number {
  const sum = Number(cents)
  return Number.isSafeInteger(sum) ? sum / (100 * count) : nearestQuotient(BigInt(cents), 100n * BigInt(count))
}

/** For sums from 2^53 on, which no double need hold: the quotient to 128 binary places, rounded once. */
function nearestQuotient (dividend: bigint, divisor: bigint): number {
  const shifted = dividend << 128n
  // What is cut off only matters where the rest lies half-way between two doubles: a last bit tells that there was more.
  const rest = shifted % divisor === 0n ? 0n : 1n
  return Number(shifted / divisor | rest) / 2 ** 128
}
