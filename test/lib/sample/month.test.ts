import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { sampleCsv, sampleMonth, shippedReference, type SampleOptions, type SamplePrice } from '../../../lib/sample/month.ts'

const reference = shippedReference()
const sample = [...sampleMonth(reference)]
const lanes = Map.groupBy(sample, ({ orig_code: orig, dest_code: dest }) => `${orig} ${dest}`)
const laneDays = Map.groupBy(sample, ({ orig_code: orig, dest_code: dest, day }) => `${orig} ${dest} ${day}`)
const days = 31

t.test('the sample is the same on every machine, byte for byte', async t => {
  const digest = createHash('sha256').update(sampleCsv()).digest('hex')
  t.equal(digest, 'a56bb4f0f61d5ff5a36d3b28eb851490ac9b64f715ae44a1962979c3dc44efd9', 'new sample data: pin the new digest if that is intended')
})

t.test('the CSV is a valid file of a provider', async t => {
  t.equal(sampleCsv(), ['orig_code,dest_code,day,price', ...sample.map(toLine), ''].join('\n'), 'header, rows, and the last line has a line end')
})

t.test('every row is a price that a batch accepts', async t => {
  const codes = new Set(reference.ports.map(({ code }) => code))
  const isDay = /^2021-01-(0[1-9]|[12]\d|3[01])$/
  const isLane = ({ orig_code: orig, dest_code: dest }: SamplePrice) => codes.has(orig) && codes.has(dest) && orig !== dest
  t.strictSame(sample.filter(row => !isLane(row) || !isDay.test(row.day)), [])
  t.strictSame(sample.filter(({ price }) => !Number.isInteger(price) || price < 100 || price > 2_000), [], 'integral dollars, of a plausible size')
})

t.test('the distribution of prices is that of a real month', async t => {
  between(t, sample.length, 56_000, 58_000, 'prices')
  between(t, lanes.size, 680, 720, 'lanes')
  const cells = lanes.size * days
  const withQuotes = (...counts: number[]) => [...laneDays.values()].filter(({ length }) => counts.includes(length)).length / cells
  between(t, withQuotes(3), 0.65, 0.8, 'share of lane-days with three quotes')
  between(t, withQuotes(1, 2), 0.2, 0.3, 'share with one or two')
  between(t, 1 - laneDays.size / cells, 0.01, 0.06, 'share with none')
  t.equal(withQuotes(1, 2, 3), laneDays.size / cells, 'never more than three')
  const duplicates = sample.length - new Set(sample.map(toLine)).size
  between(t, duplicates, 500, 4_000, 'exact duplicates')
  t.ok([...lanes.values()].every(({ length }) => length > days), 'no lane is nearly empty')
})

t.test('the sample contains the example of the README', async t => {
  const prices = (day: string) => laneDays.get(`CNGGZ EETLL ${day}`)?.map(({ price }) => price) ?? []
  const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  t.equal(prices('2021-01-31').length, 3)
  t.equal(mean(prices('2021-01-31')), 1154.3333333333333)
  t.equal(prices('2021-01-30').length, 2)
  t.equal(prices('2021-01-17').length, 0)
  const full = [...laneDays].filter(([key, rows]) => key.startsWith('CNGGZ EETLL') && rows.length === 3)
  between(t, full.length, 16, 30, 'days with three quotes')
})

t.test('rows are in the order of days, with the lanes mixed', async t => {
  t.ok(sample.every(({ day }, index) => index === 0 || day >= sample[index - 1]!.day), 'no day after a later one')
  const perDay = Map.groupBy(sample, ({ day }) => day)
  t.equal(perDay.size, days)
  for (const [day, rows] of perDay) {
    const inOrder = rows.filter((row, index) => index > 0 && toLine(rows[index - 1]!) < toLine(row)).length
    between(t, inOrder / rows.length, 0.45, 0.55, `share of neighbours in order on ${day}`)
  }
})

t.test('trade is between the continents, in both directions, and mostly out of Asia', async t => {
  const parents = new Map(reference.regions.map(({ slug, parent_slug: parent }) => [slug, parent]))
  const roots = new Map(reference.ports.map(({ code, parent_slug: region }) => [code, rootOf(region)]))
  function rootOf (slug: string): string {
    const parent = parents.get(slug)
    return parent ? rootOf(parent) : slug
  }
  const trades = Map.groupBy(lanes.values(), ([first]) => `${roots.get(first!.orig_code)} ${roots.get(first!.dest_code)}`)
  const count = (trade: string) => trades.get(trade)?.length ?? 0
  const price = (trade: string) => trades.get(trade)!.reduce((sum, [first]) => sum + first!.price, 0) / count(trade)
  for (const [out, back] of [['far_east northern_europe', 'northern_europe far_east'], ['far_east americas', 'americas far_east']] as const) {
    between(t, count(out), 60, 150, out)
    between(t, count(back), 3, count(out) / 2, back)
    t.ok(price(out) > 1.3 * price(back), `${out} costs more than ${back}`)
  }
  t.ok(price('far_east northern_europe') > 2 * price('far_east south_east_asia'), 'a longer distance costs more')
})

t.test('prices drift slowly and quotes are close together', async t => {
  for (const rows of laneDays.values()) {
    const prices = rows.map(({ price }) => price)
    if (Math.max(...prices) > 1.15 * Math.min(...prices)) t.fail(`quotes are far apart on ${toLine(rows[0]!)}`)
  }
  const means = new Map([...laneDays].map(([key, rows]) => [key, rows.reduce((sum, { price }) => sum + price, 0) / rows.length]))
  let moved = 0
  for (const lane of lanes.keys()) {
    const first = means.get(`${lane} 2021-01-01`)
    const last = means.get(`${lane} 2021-01-31`)
    if (!first || !last) continue
    if (Math.abs(last / first - 1) > 0.2) t.fail(`${lane} runs off`)
    if (Math.abs(last / first - 1) > 0.02) moved++
  }
  t.ok(moved > lanes.size / 4, 'many lanes end with another price than they began with')
})

t.test('options make other months and sizes', async t => {
  const createMonth = (options: SampleOptions) => [...sampleMonth(reference, options)]
  const laneKeys = (rows: SamplePrice[]) => new Set(rows.map(({ orig_code: orig, dest_code: dest }) => `${orig} ${dest}`))

  const february = createMonth({ month: '2024-02' })
  t.equal(february.at(-1)!.day, '2024-02-29')
  between(t, february.length, 56_000, 58_000, 'prices in another month')
  t.strictSame([...laneKeys(february)].toSorted(), [...lanes.keys()].toSorted(), 'the same lanes')

  t.notSame(createMonth({ seed: 7 }).slice(0, 10), sample.slice(0, 10), 'another seed, other rows')
  t.strictSame(createMonth({ seed: 7, lanes: 50, prices: 4_000 }), createMonth({ seed: 7, lanes: 50, prices: 4_000 }), 'the same seed, the same rows')

  const deep = createMonth({ lanes: 5, prices: 20_000 })
  t.equal(laneKeys(deep).size, 5)
  between(t, deep.length, 18_000, 22_000, 'many prices on few lanes')
  const manyLanes = createMonth({ lanes: 20_000, prices: 100_000 })
  between(t, laneKeys(manyLanes).size, 18_000, 20_000, 'few prices on many lanes')
  between(t, manyLanes.length, 98_000, 102_000, 'few prices on many lanes')

  for (const month of ['2021-13', '2021-00', '202101', 'January']) t.throws(() => createMonth({ month }), RangeError, month)
  t.throws(() => createMonth({ lanes: 1_000_000 }), RangeError, 'more lanes than the ports make')
})

function between (t: Test, value: number, least: number, most: number, what: string): void {
  t.ok(value >= least && value <= most, `${what}: ${value} is from ${least} to ${most}`)
}

function toLine ({ orig_code: orig, dest_code: dest, day, price }: SamplePrice): string {
  return `${orig},${dest},${day},${price}`
}
