/** Returns whether no other double is nearer to dividend ÷ divisor. If two doubles are equally near, `result` must be the even one. */
export function isNearest (result: number, dividend: bigint, divisor: bigint): boolean {
  const distance = (number: number): bigint => {
    const { numerator, denominator } = fraction(number)
    const difference = numerator * divisor - dividend * denominator
    return (difference < 0n ? -difference : difference) * (1n << 1100n) / denominator // the common divisor is left out
  }
  const [below, above] = [neighbour(result, -1n), neighbour(result, 1n)]
  const mine = distance(result)
  const tie = mine === distance(below) || mine === distance(above)
  return mine <= distance(below) && mine <= distance(above) && (!tie || bits(result) % 2n === 0n)
}

function bits (number: number): bigint {
  return new DataView(new Float64Array([number]).buffer).getBigUint64(0, true)
}

function neighbour (number: number, step: bigint): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits(number) + step)
  return view.getFloat64(0)
}

/** Returns a positive double as an exact fraction. */
function fraction (number: number): { numerator: bigint, denominator: bigint } {
  const exponent = Number(bits(number) >> 52n & 2047n) - 1075
  const mantissa = bits(number) & (1n << 52n) - 1n | 1n << 52n
  if (exponent >= 0) return { numerator: mantissa << BigInt(exponent), denominator: 1n }
  return { numerator: mantissa, denominator: 1n << BigInt(-exponent) }
}
