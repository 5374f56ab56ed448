import fc from 'fast-check'
import t from 'tap'
import { meanPrice } from '../../services/rates-api/mean-price.ts'

t.test('the mean is the double nearest to the true one', async t => {
  t.equal(meanPrice('346300', 3), 1154.3333333333333)
  t.equal(meanPrice('1', 1), 0.01)
  const cents = fc.oneof(fc.bigInt(1n, 10_000_000n), fc.bigInt(1n, 1n << 53n), fc.bigInt(1n << 53n, 1n << 90n))
  fc.assert(fc.property(cents, fc.integer({ min: 1, max: 1_000_000_000 }), (cents, count) => isNearest(meanPrice(String(cents), count), cents, 100n * BigInt(count))), { seed: 2, numRuns: 2_000 })
})

t.test('from 2^53 cents on too, half-way cases included', async t => {
  // The quotient lies half-way between two doubles, or next to it by less than any double division could tell.
  for (const rest of [-1n, 0n, 1n]) {
    for (const even of [0n, 2n]) {
      const cents = ((1n << 54n) + even * 2n + 2n) * 100n * 3n + rest
      t.ok(isNearest(meanPrice(String(cents), 3), cents, 300n), `${cents}`)
    }
  }
  t.equal(meanPrice('900719925474099300', 1), 9007199254740992, 'half-way: to the even one')
  t.equal(meanPrice('900719925474099301', 1), 9007199254740994, 'a cent more: up')
})

/** Whether no other double is nearer to dividend ÷ divisor; of two that are as near it must be the even one. */
function isNearest (result: number, dividend: bigint, divisor: bigint): boolean {
  const distance = (number: number): bigint => {
    const { numerator, denominator } = fraction(number)
    const difference = numerator * divisor - dividend * denominator
    return (difference < 0n ? -difference : difference) * (1n << 1100n) / denominator // all have the same divisor: leave it out
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

/** A positive double as the fraction that it is. */
function fraction (number: number): { numerator: bigint, denominator: bigint } {
  const exponent = Number(bits(number) >> 52n & 2047n) - 1075
  const mantissa = bits(number) & (1n << 52n) - 1n | 1n << 52n
  return exponent >= 0 ? { numerator: mantissa << BigInt(exponent), denominator: 1n } : { numerator: mantissa, denominator: 1n << BigInt(-exponent) }
}
