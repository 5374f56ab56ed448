import fc from 'fast-check'
import t from 'tap'
import { formatDay, parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'
import { BatchPrices } from '../../../../../services/ingestion-worker/rows/output/batch-prices.ts'
import { monthsBetween } from '../../../../../services/ingestion-worker/rows/output/months.ts'
import { rowRules, type RowRules } from '../../../../../services/ingestion-worker/rows/values/rules.ts'

const ports = ['CN2AB', 'CNGGZ', 'CNSGH', 'EETLL', 'NOOSL']
const rules = rowRules({ ports, firstDay: '2020-12-15', lastDay: '2021-03-10', maxRows: 10 })

type Row = [orig: number, dest: number, day: number, cents: number]

/** Returns the lane-months as objects: their key, and each price as day of the month and cents in the order of the rows. */
function naive (rows: Row[], { ports: { codes } }: RowRules): Array<[string, string[]]> {
  const laneMonths = new Map<string, string[]>()
  for (const [orig, dest, day, cents] of rows) {
    const date = formatDay(day)
    const key = `${date.slice(0, 7)}-01 ${codes[orig]} ${codes[dest]}`
    laneMonths.set(key, [...laneMonths.get(key) ?? [], `${Number(date.slice(8))}: ${cents}`])
  }
  return [...laneMonths].sort(([a], [b]) => a < b ? -1 : 1)
}

function sorted (rows: Row[], given: RowRules): Array<[string, string[]]> {
  const prices = new BatchPrices(given)
  for (const row of rows) prices.add(...row)
  const { days, cents, laneMonths } = prices.sort()
  return [...laneMonths()].map(({ month, orig, dest, from, to }) => [
    `${formatDay(month)} ${given.ports.codes[orig]} ${given.ports.codes[dest]}`,
    Array.from({ length: to - from }, (_, i) => `${days[from + i]}: ${cents.readInt32BE((from + i) * 4)}`),
  ])
}

t.test('the prices of each lane and month are those of a naive grouping, in key order', async t => {
  const port = fc.nat(ports.length - 1)
  const row = fc.tuple(port, port, fc.integer({ min: rules.firstDay, max: rules.lastDay }), fc.integer({ min: 1, max: 2_000_000_000 }))
  fc.assert(fc.property(fc.array(row, { maxLength: 300 }), rows => {
    t.strictSame(sorted(rows, rules), naive(rows, rules))
  }), { numRuns: 100, seed: 2021 })
})

t.test('the table of lane-months grows, and the prices fill several blocks', async t => {
  const codes = Array.from({ length: 676 }, (_, at) => `AA${String.fromCharCode(65 + at / 26, 65 + at % 26)}A`)
  const many = rowRules({ ports: codes, firstDay: '2020-01-01', lastDay: '2029-12-31', maxRows: 1 })
  let seed = 7
  const random = (below: number) => (seed = seed * 48_271 % 0x7fffffff) % below
  const rows = Array.from({ length: 60_000 }, (_, cents): Row => [random(676), random(676), many.firstDay + random(3653), cents + 1])
  const found = sorted(rows, many)
  t.ok(found.length > 59_000)
  t.ok(JSON.stringify(found) === JSON.stringify(naive(rows, many)))
})

t.test('months of a span that begins and ends within a month, and has a leap day', async t => {
  const firstDay = parseDay('2023-12-31')
  const { first, ofDay, dayOfMonth } = monthsBetween(firstDay, parseDay('2024-03-01'))
  t.same(first.map(formatDay), ['2023-12-01', '2024-01-01', '2024-02-01', '2024-03-01'])
  t.equal(ofDay.length, 1 + 31 + 29 + 1)
  for (const [at, month] of ofDay.entries()) t.equal(formatDay(first[month]! + dayOfMonth[at]! - 1), formatDay(firstDay + at))
})
