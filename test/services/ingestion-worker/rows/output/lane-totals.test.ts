import fc from 'fast-check'
import t from 'tap'
import { formatDay, parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'
import { type LaneMonth, LaneTotals } from '../../../../../services/ingestion-worker/rows/output/lane-totals.ts'
import { MonthArray } from '../../../../../services/ingestion-worker/rows/output/month-array.ts'
import { rowRules } from '../../../../../services/ingestion-worker/rows/values/rules.ts'

const ports = ['NOOSL', 'CNGGZ', 'EETLL', 'CN2AB', 'CNSGH'] // not in byte order, where digits come before letters
const rules = rowRules({ ports, firstDay: '2020-12-15', lastDay: '2021-03-10', maxRows: 10 })

type Row = [orig: number, dest: number, day: number, cents: number]

/** Returns the same totals, computed with objects and bigints. */
function naive (rows: Row[]): LaneMonth[] {
  const months = new Map<string, { counts: bigint[], cents: bigint[] }>()
  for (const [orig, dest, day, cents] of rows) {
    const date = formatDay(day)
    const key = `${ports[orig]} ${ports[dest]} ${date.slice(0, 7)}-01`
    const month = months.get(key) ?? { counts: Array(31).fill(0n), cents: Array(31).fill(0n) }
    months.set(key, month)
    const at = Number(date.slice(8)) - 1
    month.counts[at]! += 1n
    month.cents[at]! += BigInt(cents)
  }
  return [...months].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([key, { counts, cents }]) => {
    const [orig, dest, month] = key.split(' ') as [string, string, string]
    return { orig, dest, month, counts: `{${counts}}`, cents: `{${cents}}` }
  })
}

function totalled (rows: Row[], chunkSize?: number): LaneMonth[][] {
  const totals = new LaneTotals(rules)
  for (const row of rows) totals.add(...row)
  return [...totals.months(chunkSize)]
}

t.test('counts and sums of one lane and month', async t => {
  const at = (day: string) => parseDay(day)
  const [months] = totalled([[1, 2, at('2021-01-02'), 5], [1, 2, at('2021-01-31'), 115_450], [1, 2, at('2021-01-31'), 50], [1, 2, at('2020-12-31'), 7]])
  t.same(months, [
    { orig: 'CNGGZ', dest: 'EETLL', month: '2020-12-01', counts: `{${'0,'.repeat(30)}1}`, cents: `{${'0,'.repeat(30)}7}` },
    { orig: 'CNGGZ', dest: 'EETLL', month: '2021-01-01', counts: `{0,1,${'0,'.repeat(28)}2}`, cents: `{0,5,${'0,'.repeat(28)}115500}` },
  ])
  t.same(totalled([]), [])
})

t.test('the totals are those of a naive count, in the order of the codes', async () => {
  const port = fc.nat(ports.length - 1)
  const row = fc.tuple(port, port, fc.integer({ min: rules.firstDay, max: rules.lastDay }), fc.integer({ min: 1, max: 999_999_999_999 }))
  fc.assert(fc.property(fc.array(row, { maxLength: 300 }), fc.integer({ min: 1, max: 20 }), (rows, chunkSize) => {
    const chunks = totalled(rows, chunkSize)
    if (chunks.slice(0, -1).some(chunk => chunk.length !== chunkSize) || chunks.at(-1)?.length === 0) return false
    return JSON.stringify(chunks.flat()) === JSON.stringify(naive(rows))
  }), { numRuns: 300, seed: 2021 })
})

t.test('the hash tables grow', async t => {
  const codes = Array.from({ length: 676 }, (_, at) => `AA${String.fromCharCode(65 + at / 26, 65 + at % 26)}A`)
  const many = rowRules({ ports: codes, firstDay: '2020-01-01', lastDay: '2029-12-31', maxRows: 1 })
  const totals = new LaneTotals(many)
  let seed = 7
  const random = (below: number) => (seed = seed * 48_271 % 0x7fffffff) % below
  const expected = new Map<string, number>()
  for (let round = 0; round < 60_000; round++) {
    const [orig, dest, day] = [random(676), random(676), many.firstDay + random(3653)]
    const key = `${many.ports.codes[orig]} ${many.ports.codes[dest]} ${formatDay(day).slice(0, 7)}-01`
    expected.set(key, (expected.get(key) ?? 0) + 1 + round)
    totals.add(orig, dest, day, 1 + round)
  }
  t.ok(totals.laneDays > 59_000)
  const sum = (array: string) => array.slice(1, -1).split(',').reduce((sum, text) => sum + Number(text), 0)
  const found = [...totals.months()].flat().map(({ orig, dest, month, cents }) => [`${orig} ${dest} ${month}`, sum(cents)])
  t.same(found, [...expected].sort(([a], [b]) => a < b ? -1 : 1))
})

t.test('sums above the exact integers of a double are exact', async t => {
  const totals = new LaneTotals(rules)
  const day = parseDay('2021-02-28')
  for (let count = 0; count < 30_000; count++) totals.add(1, 2, day, 999_999_999_999)
  totals.add(1, 0, day, 1)
  const [months] = [...totals.months()]
  t.equal(months![0]!.cents, `{${'0,'.repeat(27)}${30_000n * 999_999_999_999n},0,0,0}`)
  t.equal(months![0]!.counts, `{${'0,'.repeat(27)}30000,0,0,0}`)
  t.equal(months![1]!.cents, `{${'0,'.repeat(27)}1,0,0,0}`)
})

t.test('array literals', async t => {
  const array = new MonthArray()
  const values = [1, 9, 10, 999_999_999, 1_000_000_000, 1_000_000_001, 2_147_483_648, 12_000_000_000, 2 ** 52, 2 ** 53 - 1]
  const expected = Array(31).fill('0')
  for (const [at, value] of values.entries()) {
    array.put(at * 3 + 1, value)
    expected[at * 3] = String(value)
  }
  array.put(31, 9_223_372_036_854_775_807n)
  expected[30] = '9223372036854775807'
  t.equal(array.end(), `{${expected}}`)
  for (let day = 1; day <= 31; day++) array.put(day, 9_223_372_036_854_775_807n)
  t.equal(array.end(), `{${Array(31).fill('9223372036854775807')}}`, 'the longest possible literals')
})
