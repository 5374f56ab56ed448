import t, { type Test } from 'tap'
import { shippedReference } from '../../../../lib/sample/month.ts'
import { loadReference } from '../../../../lib/reference/load.ts'
import { retireLocations } from '../../../../lib/reference/retire.ts'
import { errorsOf, ratesApi, type TestRatesApi } from '../../../harness/rates-api.ts'

const reference = shippedReference()
let api: TestRatesApi
t.before(async () => { api = await ratesApi(t as Test) })

const find = async (query: Record<string, unknown>, from = api): Promise<any[]> => (await from.get('/locations', query)).body.locations
const codes = async (q: string, limit = 20): Promise<string[]> => (await find({ q, limit })).map(({ code }) => code)

t.test('a port and a region, with the region that contains them', async t => {
  t.strictSame(await find({ q: 'EETLL' }), [{ code: 'EETLL', name: 'Tallinn', kind: 'port', region: 'baltic_main', aliases: [] }])
  t.strictSame((await find({ q: 'baltic' }))[0], { code: 'baltic', name: 'Baltic', kind: 'region', region: 'northern_europe', aliases: [] })
  t.strictSame((await find({ q: 'oceania' }))[0], { code: 'oceania', name: 'Oceania', kind: 'region', region: null, aliases: [] })
})

t.test('a port by an alias: its own code is found, and the aliases are listed', async t => {
  const shanghai = { code: 'CNSHA', name: 'Shanghai', kind: 'port', region: 'china_east_main', aliases: ['CNSGH', 'CNSHG'] }
  for (const q of ['CNSGH', 'cnshg', 'CNSHA', 'shanghai']) t.strictSame(await find({ q }), [shanghai], q)
  t.same(await codes('CNTAG'), ['CNTAC'])
  t.same(await codes('CNSH'), ['CNSHA', 'CNSHK'], 'once, although code and alias begin with the text')
  const it = await ratesApi(t)
  await loadReference(it.db.migrator, 'code,name,parent_slug,aliases\nGAMMB,Zeta,beta,\nAABET,Alpha,beta,GAMMA\nQQBET,Gammarus,beta,GAMMC\nQQZZZ,Gammelon,beta,',
    'slug,name,parent_slug\nbeta,Not the word,\n')
  const found = async (q: string) => (await find({ q }, it)).map(({ code }) => code)
  t.same(await found('gamma'), ['AABET', 'QQBET'], 'the exact alias, then names')
  t.same(await found('gamm'), ['GAMMB', 'QQBET', 'AABET', 'QQZZZ'], 'codes, aliases (those whose name begins with the text first), names')
})

t.test('a retired port and region are found, marked, and have their old prices', async t => {
  const it = await ratesApi(t)
  await loadReference(it.db.migrator, 'code,name,parent_slug,aliases\nZZAAA,First,atoll,ZZAAX', 'slug,name,parent_slug\natoll,Atoll,\n')
  await retireLocations(it.db.migrator, ['ZZAAA', 'atoll'], 'retire', { name: 'me', reason: 'a test' })
  t.strictSame(await find({ q: 'ZZAAX' }, it), [{ code: 'ZZAAA', name: 'First', kind: 'port', region: 'atoll', aliases: ['ZZAAX'], retired: true }])
  t.match(await find({ q: 'atoll' }, it), [{ code: 'atoll', retired: true }])
  for (const orig of ['ZZAAA', 'ZZAAX', 'atoll']) {
    t.equal((await it.get('/rates', { date_from: '2021-01-01', date_to: '2021-01-02', orig_code: orig, dest_code: 'EETLL' })).status, 200, orig)
  }
})

t.test('by code or name, without regard to case and accents', async t => {
  for (const q of ['eetll', 'EETLL', 'tallinn', 'TALLINN', 'Tallinn', 'allin', ' tallinn ', 'Tállínñ']) t.same(await codes(q), ['EETLL'], q)
  for (const [q, code] of Object.entries({
    alesund: 'NOAES', Ålesund: 'NOAES', ÅLESUND: 'NOAES', tromso: 'NOTOS', TROMSØ: 'NOTOS', malaga: 'ESAGP', gdansk: 'PLGDN', izmir: 'TRIZM', ALIAGA: 'TRALI',
    'san pedro': 'CISPY', 'Pointe a Pitre': 'GPPTP', 'lazaro cardenas': 'MXLZC', nukualofa: 'TOTBU', 'Nuku\'alofa': 'TOTBU', 'vung tau': 'VNVUT', 'quy nhon': 'VNUIH',
  })) t.same(await codes(q), [code], q)
  t.same(await codes('paris'), [])
})

t.test('the exact code first, then codes that begin with the text, then names, then the rest', async t => {
  const it = await ratesApi(t)
  await loadReference(it.db.migrator, 'code,name,parent_slug\nGAMMA,Zeta,beta\nAABET,A gamma,beta\nQQBET,Gammarus,beta',
    'slug,name,parent_slug\nbeta,Not the word,\ngammas,Other,beta\ngamm,Some,beta\nzgamma,The gamma,')
  const found = async (q: string) => (await find({ q }, it)).map(({ code }) => code)
  t.same(await found('Gamma'), ['GAMMA', 'gammas', 'QQBET', 'AABET', 'zgamma'])
  t.same(await found('GAMM'), ['gamm', 'GAMMA', 'gammas', 'QQBET', 'AABET', 'zgamma'])
})

t.test('without a text the list starts at the first location', async t => {
  const sorted = [...reference.ports.map(({ code }) => code), ...reference.regions.map(({ slug }) => slug)].sort()
  t.same((await find({})).map(({ code }) => code), sorted.slice(0, 20), 'twenty by default')
  t.same(await codes('', 100), sorted.slice(0, 100))
  t.same(await codes('  ', 1), sorted.slice(0, 1))
})

t.test('wildcards and quotes are ordinary characters', async t => {
  for (const q of ['%', '_', '%%', 'e_tll', '\'', '\\', '" or 1=1 --', '*', '.']) {
    const names = await find({ q, limit: 100 })
    const plain = q.replace('\'', '')
    t.ok(plain === '' || names.every(({ code, name }) => `${code} ${name}`.toLowerCase().includes(plain)), `${q} finds ${names.length}`)
  }
  t.same(await codes('%'), [])
})

t.test('wrong parameters, all of them together', async t => {
  const refused = async (query: Record<string, unknown> | string) => {
    const result = await api.get('/locations', query)
    t.match(result, { status: 400, body: { type: '/problems/invalid-parameters' } })
    return errorsOf(result)
  }
  for (const limit of ['0', '101', '999999999']) t.same(await refused({ limit }), ['limit out_of_range'], limit)
  for (const limit of ['x', '1.5', '-1', '1e2', '0x10', ' 1', '9'.repeat(30)]) t.same(await refused({ limit }), ['limit malformed'], limit)
  t.same(await refused({ limit: '' }), ['limit empty'])
  for (const q of ['\0', 'a\nb', 'x\u0085']) t.same(await refused({ q }), ['q malformed'], JSON.stringify(q))
  t.same(await refused({ q: 'x'.repeat(101) }), ['q too_long'])
  t.same(await refused({ q: 'x'.repeat(10_000) }), ['q too_long'])
  t.same(await refused('q=a&q=b&limit=1000&offset=1'), ['q repeated', 'limit out_of_range', 'offset unknown'])
  t.equal((await find({ q: 'x'.repeat(100) })).length, 0)
})
