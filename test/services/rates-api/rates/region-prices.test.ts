import t, { type Test } from 'tap'
import { loadReference } from '../../../../lib/reference/load.ts'
import { load, prices } from '../../../harness/prices.ts'
import { ratesApi, type TestRatesApi } from '../../../harness/rates-api.ts'

/**
 * A tree of regions, three levels deep: top (port ZZTOP) › middle (ZZMID) › bottom (ZZBOT), and other (ZZOTH) beside it. italy has a slug that looks
 * like the code of a port. Every lane has its own number of prices on the first of January.
 */
const regions = ['slug,name,parent_slug', 'top,Top,', 'middle,Middle,top', 'bottom,Bottom,middle', 'other,Other,', 'bare,Bare,other', 'italy,Italy,other'].join('\n')
const ports = ['code,name,parent_slug', 'ZZTOP,Top,top', 'ZZMID,Middle,middle', 'ZZBOT,Bottom,bottom', 'ZZOTH,Other,other', 'ZZITA,Italian,italy'].join('\n')
const lanes: Record<string, number> = {
  'ZZTOP ZZMID': 1, 'ZZTOP ZZBOT': 2, 'ZZMID ZZBOT': 4, 'ZZBOT ZZMID': 8, 'ZZBOT ZZTOP': 16, 'ZZTOP ZZOTH': 32, 'ZZMID ZZOTH': 64, 'ZZBOT ZZOTH': 128,
  'ZZOTH ZZTOP': 256, 'ZZOTH ZZBOT': 512, 'ZZBOT ZZITA': 1024, 'ZZITA ZZOTH': 2048,
}

const cases: Array<[orig: string, dest: string, count: number | null, why: string]> = [
  ['ZZBOT', 'ZZOTH', 128, 'port to port'],
  ['bottom', 'ZZOTH', 128, 'region of one port'],
  ['middle', 'ZZOTH', 64 + 128, 'a region and the region below it'],
  ['top', 'ZZOTH', 32 + 64 + 128, 'a region and all regions below it'],
  ['other', 'top', 256 + 512, 'to a region of three levels'],
  ['ZZOTH', 'middle', 512, 'port to region'],
  ['middle', 'top', 4 + 8 + 16, 'a region inside the other region: its inner lanes count'],
  ['top', 'middle', 1 + 2 + 4 + 8, 'the other direction'],
  ['top', 'top', 1 + 2 + 4 + 8 + 16, 'the same region'],
  ['TOP', 'Middle', 1 + 2 + 4 + 8, 'in any letter case'],
  ['ZZBOT', 'top', 8 + 16, 'a port to the region around it'],
  ['bare', 'top', null, 'a region without ports is known, and has no prices'],
  ['top', 'bare', null, 'to a region without ports'],
  ['bottom', 'italy', 1024, 'a slug that looks like a port'],
  ['ZZBOT', 'ITALY', 1024, 'the same beside a port, where the cheaper statement comes first'],
  ['italy', 'ZZOTH', 2048, 'on the other side'],
  ['italy', 'italy', null, 'on both sides: not a port, hence a valid query'],
  ['italy', 'other', 2048, 'in its region'],
]

const query = (orig: string, dest: string) => ({ date_from: '2021-01-01', date_to: '2021-01-01', orig_code: orig, dest_code: dest })
const all = Object.entries(lanes).flatMap(([lane, count]) => prices(`${lane} 2021-01-01: ${Array(count).fill('7.01').join(' ')}`))
let api: TestRatesApi
t.before(async () => {
  api = await ratesApi(t as Test)
  await loadReference(api.db.migrator, ports, regions)
  await load(api.db.migrator, all)
})

for (const [orig, dest, count, why] of cases) {
  t.test(`${orig} to ${dest}: ${why}`, async t => {
    const { status, body } = await api.get('/rates', query(orig, dest))
    t.equal(status, 200)
    t.strictSame(body.rates, [{ day: '2021-01-01', count, price: count !== null && count >= 3 ? 7.01 : null }])
  })
}

t.test('15: a cycle in the tree is followed once, and each lane in it counts once', async t => {
  const it = await ratesApi(t)
  await loadReference(it.db.migrator, ports, regions)
  await load(it.db.migrator, all)
  await it.db.migrator`update regions set parent_slug = 'bottom' where slug = 'top'`
  for (const region of ['top', 'middle', 'bottom']) {
    t.match(await it.get('/rates', query(region, 'ZZOTH')), { status: 200, body: { rates: [{ count: 32 + 64 + 128 }] } }, region)
    t.match(await it.get('/rates', query(region, region)), { status: 200, body: { rates: [{ count: 1 + 2 + 4 + 8 + 16 }] } }, region)
  }
  await it.db.migrator`update regions set parent_slug = 'bare' where slug = 'bare'`
  t.match(await it.get('/rates', query('bare', 'ZZOTH')), { status: 200, body: { rates: [{ count: null }] } }, 'its own parent')
})

t.test('a change of the tree is effective from the next query on', async t => {
  const it = await ratesApi(t)
  await loadReference(it.db.migrator, ports, regions)
  await load(it.db.migrator, all)
  const counts = async () => (await it.get('/rates', query('other', 'ZZTOP'))).body.rates[0].count
  t.equal(await counts(), 256)
  await loadReference(it.db.migrator, 'code,name,parent_slug\nZZBOT,Bottom,other', 'slug,name,parent_slug\nother,Other,')
  t.equal(await counts(), 256 + 16)
})
