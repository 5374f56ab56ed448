import t from 'tap'
import { addBatchNumbers, addRow, emptySums, encodeRun, MAX_NARROW_CENTS, runsOf } from '../../../lib/ledger/row.ts'

const days = Buffer.from([1, 31, 31, 2])
const runs = Buffer.concat([encodeRun(2n ** 40n, 3), encodeRun(7n, 1, -1)])

t.test('the runs of a row: batch, prices, sign', async t => {
  t.strictSame(runsOf({ runs, days }), [{ batchNumber: 2 ** 40, length: 3, sign: 1, start: 0 }, { batchNumber: 7, length: 1, sign: -1, start: 3 }])
  t.throws(() => runsOf({ runs, days: days.subarray(1) }), { message: 'The runs have 4 prices, the row has 3' })
})

t.test('the batches of several rows', async t => {
  const numbers = new Set<number>()
  for (const row of [{ runs }, { runs: encodeRun(2n ** 53n - 1n, 1) }]) addBatchNumbers(numbers, row)
  t.strictSame([...numbers], [2 ** 40, 7, 2 ** 53 - 1])
})

t.test('prices of four and of eight bytes are added, those of a negative run subtracted', async t => {
  const cents = [100, MAX_NARROW_CENTS, 1, 50]
  const [narrow, wide] = [Buffer.alloc(16), Buffer.alloc(32)]
  cents.forEach((price, at) => {
    narrow.writeInt32BE(price, at * 4)
    wide.writeBigInt64BE(BigInt(price) * 400n, at * 8)
  })
  for (const [row, factor] of [[narrow, 1n], [wide, 400n]] as const) {
    const sums = emptySums()
    sums.counts[1] = 1
    sums.cents[1] = 2n ** 60n
    addRow(sums, { runs, days, cents: row })
    t.strictSame([sums.counts[0], sums.counts[1], sums.counts[30]], [1, 0, 2])
    t.strictSame([sums.cents[0], sums.cents[1], sums.cents[30]], [100n * factor, 2n ** 60n - 50n * factor, (BigInt(MAX_NARROW_CENTS) + 1n) * factor])
    const some = emptySums()
    addRow(some, { runs, days, cents: row }, runsOf({ runs, days }).slice(1))
    t.strictSame([some.counts.filter(count => count !== 0), some.cents.filter(sum => sum !== 0n)], [[-1], [-50n * factor]], 'one run of them')
  }
  t.throws(() => addRow(emptySums(), { runs, days, cents: narrow.subarray(1) }), { message: '15 bytes of cents for 4 prices' })
})

t.test('a sum above the integers of a double is exact', async t => {
  const length = 5_000_001
  const cents = Buffer.alloc(length * 4)
  for (let at = 0; at < length; at++) cents.writeInt32BE(MAX_NARROW_CENTS, at * 4)
  const sums = emptySums()
  addRow(sums, { runs: encodeRun(1n, length), days: Buffer.alloc(length, 5), cents })
  t.equal(sums.counts[4], length)
  t.equal(sums.cents[4], BigInt(length) * BigInt(MAX_NARROW_CENTS))
})
