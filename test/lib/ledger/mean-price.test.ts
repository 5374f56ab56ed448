import fc from 'fast-check'
import t from 'tap'
import { meanPrice } from '../../../lib/ledger/mean-price.ts'
import { isNearest } from '../../harness/nearest.ts'

t.test('the mean is the double nearest to the exact mean', async t => {
  t.equal(meanPrice(346300n, 3), 1154.3333333333333)
  t.equal(meanPrice(1n, 1), 0.01)
  const cents = fc.oneof(fc.bigInt(1n, 10_000_000n), fc.bigInt(1n, 1n << 53n), fc.bigInt(1n << 53n, 1n << 90n))
  const counts = fc.integer({ min: 1, max: 1_000_000_000 })
  fc.assert(fc.property(cents, counts, (cents, count) => isNearest(meanPrice(cents, count), cents, 100n * BigInt(count))),
    { seed: 2, numRuns: 2_000 })
})

t.test('also from 2^53 cents on, half-way cases included', async t => {
  // The quotient is half-way between two doubles, or so close to it that no division of doubles could show the difference.
  for (const rest of [-1n, 0n, 1n]) {
    for (const even of [0n, 2n]) {
      const cents = ((1n << 54n) + even * 2n + 2n) * 100n * 3n + rest
      t.ok(isNearest(meanPrice(cents, 3), cents, 300n), `${cents}`)
    }
  }
  t.equal(meanPrice(900719925474099300n, 1), 9007199254740992, 'half-way: to the even one')
  t.equal(meanPrice(900719925474099301n, 1), 9007199254740994, 'a cent more: rounded up')
})
