import t from 'tap'
import { loadReference } from '../../../../lib/reference/load.ts'
import { seededRandom } from '../../../../lib/sample/random.ts'
import { isNearest } from '../../../harness/nearest.ts'
import { load, prices } from '../../../harness/prices.ts'
import { errorsOf, ratesApi, type TestRatesApi } from '../../../harness/rates-api.ts'

const query = (orig: string, dest: string) => ({ date_from: '2021-01-01', date_to: '2021-02-02', orig_code: orig, dest_code: dest })
const rateOf = async ({ get }: TestRatesApi, orig: string, dest: string, day = '2021-01-31') =>
  (await get('/rates', query(orig, dest))).body.rates?.find((rate: { day: string }) => rate.day === day)

t.test('prices under any code of a port are found under each of its codes, and the mean is over all', async t => {
  const api = await ratesApi(t)
  await load(api.db.migrator, prices('CNTAC EETLL 2021-01-31: 100 200', 'CNTAG EETLL 2021-01-31: 400', 'CNTAG EETLL 2021-02-02: 5 6 7', 'EETLL CNSHG 2021-01-31: 3 3 3'))
  for (const orig of ['CNTAC', 'CNTAG', 'cntag']) {
    t.strictSame(await rateOf(api, orig, 'EETLL'), { day: '2021-01-31', count: 3, price: 233.33333333333334 }, orig)
    t.strictSame(await rateOf(api, orig, 'EETLL', '2021-02-02'), { day: '2021-02-02', count: 3, price: 6 }, orig)
    t.strictSame(await rateOf(api, orig, 'baltic_main'), { day: '2021-01-31', count: 3, price: 233.33333333333334 }, `${orig} to a region`)
    t.match(await api.get('/rates', query(orig, 'EEMUG')), { status: 200, body: { rates: [{ count: null }] } })
  }
  t.match(await rateOf(api, 'china_east_main', 'EETLL'), { count: 3 }, 'a region has the aliases of its ports')
  for (const dest of ['CNSHA', 'CNSGH', 'CNSHG', 'china_main']) t.match(await rateOf(api, 'EETLL', dest), { count: 3, price: 3 }, dest)
  t.match(await api.get('/rates', query('CNTAG', 'EETLL'), { headers: { accept: 'text/csv' } }), { status: 200, text: '2021-01-31,3,233.33333333333334' })
})

t.test('sums above the integers of a double, under two codes, a full row of each among them', async t => {
  const api = await ratesApi(t)
  const onTheLast = (value: bigint | number) => `{${'0,'.repeat(30)}${value}}`
  const half = 2n ** 52n + 1n
  for (const orig of ['CNTAC', 'CNTAG']) {
    for (const cents of [half, orig === 'CNTAC' ? 1n : 2n]) {
      await api.db.migrator`
        insert into wide_merged_sums (orig_code, dest_code, month, counts, cents)
        values (${orig}, 'EETLL', '2021-01-01', ${onTheLast(2)}::text::int[], ${onTheLast(cents)}::text::bigint[])`
    }
  }
  for (const [orig, dest] of [['CNTAG', 'EETLL'], ['CNTAC', 'EETLL'], ['CNTAG', 'baltic_main']] as const) {
    const rate = await rateOf(api, orig, dest)
    t.equal(rate.count, 8)
    t.ok(isNearest(rate.price, 2n * half + 3n, 800n), `${orig} to ${dest}: ${rate.price}`)
  }
})

t.test('an origin and destination that are one port under two codes are refused as two equal codes are', async t => {
  const api = await ratesApi(t)
  for (const [orig, dest] of [['CNSHA', 'CNSGH'], ['CNSGH', 'CNSHA'], ['CNSGH', 'cnshg'], ['CNSGH', 'CNSGH'], ['CNSHA', 'cnsha']] as const) {
    const refused = await api.get('/rates', query(orig, dest))
    t.equal(refused.status, 400)
    t.same(errorsOf(refused), ['dest_code same_port'])
    t.equal(refused.body.errors[0].value, dest, 'names the code that was sent')
  }
  t.match(await api.get('/rates', query('CNSHA', 'CNXXX')), { status: 404, body: { errors: [{ parameter: 'dest_code', code: 'unknown_location' }] } })
})

t.test('codes with 0 and 1, and regions whose slug looks like such a code', async t => {
  const api = await ratesApi(t)
  await loadReference(api.db.migrator, 'code,name,parent_slug,aliases\nIT940,Villanova,asia1,DE9B0\nZZ000,Zero,asia1,\nZZ111,One,it000,',
    'slug,name,parent_slug\nasia1,Asia,\nit000,Italy,\n')
  await load(api.db.migrator, prices('IT940 ZZ111 2021-01-31: 1 2 3', 'ZZ000 ZZ111 2021-01-31: 9', 'DE9B0 ZZ000 2021-01-31: 7'))
  t.match(await rateOf(api, 'IT940', 'ZZ111'), { count: 3, price: 2 }, 'port to port')
  t.match(await rateOf(api, 'de9b0', 'ZZ111'), { count: 3, price: 2 }, 'by its alias')
  t.match(await rateOf(api, 'asia1', 'ZZ111'), { count: 4 }, 'a slug that looks like a port')
  t.match(await rateOf(api, 'ASIA1', 'it000'), { count: 4 }, 'two of them')
  t.match(await rateOf(api, 'asia1', 'asia1'), { count: 1 }, 'inside one')
  t.match(await api.get('/rates', query('it001', 'ZZ111')), { status: 404 })
})

t.test('random loads of aliases, and prices under every code: each response is that of a naive count', async t => {
  const api = await ratesApi(t)
  const random = seededRandom(13)
  const below = (count: number) => Math.floor(random() * count)
  const codes = Array.from({ length: 10 }, (_, index) => `ZZ0A${index}`)
  const slugs = ['zz0', 'zz1', 'zz2']
  const parents: Record<string, string> = { zz0: '', zz1: 'zz0', zz2: 'zz0' }
  const regions = ['slug,name,parent_slug', ...slugs.map(slug => `${slug},Region,${parents[slug]}`)].join('\n')
  // Some prices have codes that become ports only later. In the end every code is a port or an alias.
  const lanes = codes.flatMap(orig => codes.filter(dest => dest !== orig).map(dest => ({ orig, dest, count: below(3) })))
  await load(api.db.migrator, prices(...lanes.filter(({ count }) => count > 0).map(({ orig, dest, count }) => `${orig} ${dest} 2021-01-31: ${Array(count).fill(2).join(' ')}`)))

  const regionOf = new Map<string, string>()
  const aliases = new Map<string, string>()
  const own = (code: string): string | undefined => aliases.get(code) ?? (regionOf.has(code) ? code : undefined)
  const isIn = (code: string, side: string): boolean => {
    const port = own(code)
    if (port === undefined) return false
    return slugs.includes(side) ? side === 'zz0' || regionOf.get(port) === side : port === own(side)
  }
  let [compared, refused, several] = [0, 0, 0]

  for (let round = 0; round < 25; round++) {
    const shuffled = codes.toSorted(() => random() - 0.5)
    const rows = shuffled.slice(0, 1 + below(4)).map(code => ({ code, region: slugs[below(3)]!, aliases: [] as string[] }))
    for (const code of shuffled.slice(rows.length, rows.length + below(5))) rows[below(rows.length)]!.aliases.push(code)
    const hasColumn = random() < 0.8
    const file = [`code,name,parent_slug${hasColumn ? ',aliases' : ''}`,
      ...rows.map(row => `${row.code},Port,${row.region}${hasColumn ? `,${row.aliases.join(' ')}` : ''}`)].join('\n')
    await loadReference(api.db.migrator, file, regions)

    // The rules again, step by step: named codes are ports, and their aliases are those in the file. If a port becomes an alias, its aliases move
    // with it.
    for (const row of rows) {
      regionOf.set(row.code, row.region)
      aliases.delete(row.code)
      if (hasColumn) for (const [alias, port] of [...aliases]) if (port === row.code) aliases.delete(alias)
    }
    for (const row of hasColumn ? rows : []) {
      for (const code of row.aliases) {
        for (const [alias, port] of [...aliases]) if (port === code) aliases.set(alias, row.code)
        aliases.set(code, row.code)
      }
    }

    for (let attempt = 0; attempt < 12; attempt++) {
      const side = () => random() < 0.75 ? codes[below(codes.length)]! : slugs[below(3)]!
      const [orig, dest] = [side(), side()]
      const isPort = (code: string) => !slugs.includes(code)
      const response = await api.get('/rates', query(orig, dest))
      const what = `round ${round}: ${orig} to ${dest} with ${JSON.stringify([...aliases])}\n${file}`
      if ([orig, dest].some(code => isPort(code) && own(code) === undefined)) {
        t.equal(response.status, 404, what)
      } else if (isPort(orig) && isPort(dest) && own(orig) === own(dest)) {
        refused++
        t.same([response.status, ...errorsOf(response)], [400, 'dest_code same_port'], what)
      } else {
        const found = lanes.filter(lane => lane.count > 0 && isIn(lane.orig, orig) && isIn(lane.dest, dest))
        const count = found.reduce((sum, lane) => sum + lane.count, 0)
        compared++
        if (isPort(orig) && isPort(dest) && found.length > 1) several++
        t.match(response.body.rates?.find((rate: { day: string }) => rate.day === '2021-01-31'),
          { count: count || null, price: count < 3 ? null : 2 }, what)
      }
    }
  }
  t.ok(compared > 60 && refused > 10 && several > 10, `${compared} responses, ${refused} refused, ${several} lanes of several codes`)
})
