import t from 'tap'
import { seededRandom } from '../../../../lib/sample/random.ts'
import { sampleMonth, shippedReference } from '../../../../lib/sample/month.ts'
import { load, toCents, type Price } from '../../../harness/prices.ts'
import { ratesApi } from '../../../harness/rates-api.ts'

/** Expected responses to 500 random queries, computed from the rows of the sample month and the reference files. */
const reference = shippedReference()
const rows: Price[] = [...sampleMonth(reference)]
  .map(({ orig_code: orig, dest_code: dest, day, price }) => ({ orig, dest, day, cents: toCents(price) }))
const portsByRegion = Map.groupBy(reference.ports, ({ parent_slug: slug }) => slug)
const regionsByParent = Map.groupBy(reference.regions, ({ parent_slug: slug }) => slug)
const rowsByOrigin = Map.groupBy(rows, ({ orig }) => orig)

const random = seededRandom(500)
const below = (count: number) => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)]!

t.test('500 random queries of the sample month', async t => {
  const { db, get } = await ratesApi(t)
  await load(db.migrator, rows)
  const sides = ['port port', 'region region', 'port region', 'region port'] as const
  let [priced, empty] = [0, 0]
  for (let index = 0; index < 500; index++) {
    const query = makeQuery(sides[index % 4]!)
    const { status, body } = await get('/rates', query)
    const expected = expectedRates(query)
    if (status !== 200 || JSON.stringify(body) !== JSON.stringify({ rates: expected })) {
      t.same({ status, body }, { status: 200, body: { rates: expected } }, `query ${index}: ${JSON.stringify(query)}`)
      return
    }
    if (expected.some(({ price }) => price !== null)) priced++
    else empty++
  }
  t.ok(priced > 300 && empty > 10, `${priced} queries with a price, ${empty} without: neither kind is rare`)
})

type Query = { date_from: string, date_to: string, orig_code: string, dest_code: string }

function makeQuery (sides: string): Query {
  const [orig, dest] = sides.split(' ')
  // Mostly lanes with prices, and sometimes any lane.
  const anyPort = () => pick(reference.ports).code
  const { orig: origPort, dest: destPort } = random() < 0.9 ? pick(rows) : { orig: anyPort(), dest: anyPort() }
  if (origPort === destPort) return makeQuery(sides)
  const first = Date.UTC(2020, 11, 20) + below(50) * 86_400_000
  const days = [first, first + below(30) * 86_400_000].map(ms => new Date(ms).toISOString().slice(0, 10))
  return {
    date_from: days[0]!,
    date_to: days[1]!,
    orig_code: inAnyCase(orig === 'port' ? origPort : regionOf(origPort)),
    dest_code: inAnyCase(dest === 'port' ? destPort : regionOf(destPort)),
  }
}

/** Returns the region of a port, or a region above it. */
function regionOf (code: string): string {
  let slug = reference.ports.find(port => port.code === code)!.parent_slug
  for (let parent: string | null = slug; parent !== null && random() < 0.6;) {
    slug = parent
    parent = reference.regions.find(region => region.slug === slug)!.parent_slug
  }
  return slug
}

const inAnyCase = (code: string): string => random() < 0.7 ? code : random() < 0.5 ? code.toLowerCase() : code.toUpperCase()

function portsOf (code: string): string[] {
  const port = reference.ports.find(port => port.code === code.toUpperCase())
  return port ? [port.code] : portsBelow(code.toLowerCase())
}

function portsBelow (slug: string): string[] {
  const own = (portsByRegion.get(slug) ?? []).map(({ code }) => code)
  return [...own, ...(regionsByParent.get(slug) ?? []).flatMap(region => portsBelow(region.slug))]
}

function expectedRates ({ date_from: from, date_to: to, orig_code: orig, dest_code: dest }: Query) {
  const dests = new Set(portsOf(dest))
  const found = portsOf(orig).flatMap(origin => rowsByOrigin.get(origin) ?? []).filter(row => dests.has(row.dest))
  const byDay = Map.groupBy(found, ({ day }) => day)
  const expected = []
  for (let ms = Date.parse(to); ms >= Date.parse(from); ms -= 86_400_000) {
    const day = new Date(ms).toISOString().slice(0, 10)
    const cents = byDay.get(day)?.map(row => row.cents) ?? []
    const sum = Number(cents.reduce((sum, each) => sum + each, 0n))
    expected.push({ day, count: cents.length || null, price: cents.length < 3 ? null : sum / (cents.length * 100) })
  }
  return expected
}
