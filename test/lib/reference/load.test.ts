import t from 'tap'
import type { Sql } from 'postgres'
import { shippedReference } from '../../../lib/sample/month.ts'
import { loadReference } from '../../../lib/reference/load.ts'
import { database } from '../../harness/database.ts'

const shipped = shippedReference()
const ports = (...rows: string[]) => ['code,name,parent_slug', ...rows].join('\n')
const aliased = (...rows: string[]) => ['code,name,parent_slug,aliases', ...rows].join('\n')
const regions = (...rows: string[]) => ['slug,name,parent_slug', ...rows].join('\n')
const none = { added: 0, changed: 0, unchanged: 0 }
const noAliases = { aliases: { ...none, removed: 0, unchanged: shipped.aliases.size }, becameAliases: [], becamePorts: [] }
const tallinn = 'EETLL,Tallinn,baltic_main'
const baltic = 'baltic,Baltic,northern_europe'

t.test('the database has the shipped data, including diacritics', async t => {
  const { migrator: sql } = await database(t)
  const inOrder = (rows: object[]) => rows.map(row => JSON.stringify(row)).toSorted()
  const found = await contents(sql)
  t.strictSame(inOrder(found.ports), inOrder(shipped.ports))
  t.strictSame(inOrder(found.regions), inOrder(shipped.regions))
  t.strictSame(found.aliases, Object.fromEntries([...shipped.aliases].toSorted()))
})

t.test('the same data again changes nothing, not even a row version', async t => {
  const { migrator: sql } = await database(t)
  const versions = () => sql`select code as key, xmin::text from ports union all select slug, xmin::text from regions
    union all select code || ' ' || port_code, xmin::text from port_aliases order by key`
  const before = await versions()
  const portsCsv = ports(...shipped.ports.map(port => `${port.code},${port.name},${port.parent_slug}`))
  const regionsCsv = regions(...shipped.regions.map(region => `${region.slug},${region.name},${region.parent_slug ?? ''}`))
  t.strictSame(await loadReference(sql, portsCsv, regionsCsv), {
    regions: { ...none, unchanged: shipped.regions.length },
    ports: { ...none, unchanged: shipped.ports.length },
    untouchedRegions: 0,
    untouchedPorts: 0,
    added: [],
    changed: [],
    ...noAliases,
  })
  t.strictSame([...await versions()], [...before])
})

t.test('adds, changes and retains, in any order of rows', async t => {
  const { migrator: sql } = await database(t)
  const loaded = await loadReference(sql,
    ports('ZZAAA,First,new_child', tallinn, 'EEMUG,Muuga Harbour,new_child'),
    regions('new_child,"Child, new",new_top', baltic, 'new_top,Top,', 'finland_main,Finland,new_top', 'scandinavia,Scandinavia,'))
  t.strictSame(loaded, {
    regions: { added: 2, changed: 2, unchanged: 1 },
    ports: { added: 1, changed: 1, unchanged: 1 },
    untouchedRegions: shipped.regions.length - 3,
    untouchedPorts: shipped.ports.length - 2,
    added: ['new_child', 'new_top', 'ZZAAA'],
    changed: ['finland_main', 'scandinavia', 'EEMUG'],
    ...noAliases,
  })
  const found = await contents(sql)
  t.equal(found.ports.length, shipped.ports.length + 1)
  t.equal(found.regions.length, shipped.regions.length + 2)
  const region = (slug: string) => found.regions.find(region => region.slug === slug)
  t.strictSame(region('new_child'), { slug: 'new_child', name: 'Child, new', parent_slug: 'new_top' })
  t.strictSame(region('finland_main'), { slug: 'finland_main', name: 'Finland', parent_slug: 'new_top' })
  t.strictSame(region('scandinavia'), { slug: 'scandinavia', name: 'Scandinavia', parent_slug: null })
  t.strictSame(found.ports.find(({ code }) => code === 'EEMUG'), { code: 'EEMUG', name: 'Muuga Harbour', parent_slug: 'new_child' })
})

t.test('a dry run reports the same and changes nothing', async t => {
  const { migrator: sql } = await database(t)
  const files = [ports('ZZAAA,First,new_top', 'EEMUG,Muuga Harbour,new_top'), regions('new_top,Top,')] as const
  const before = await contents(sql)
  const version = async () => (await sql`select version from reference_version`)[0]!.version
  const versionBefore = await version()
  const dry = await loadReference(sql, ...files, { dryRun: true })
  t.strictSame(await contents(sql), before)
  t.equal(await version(), versionBefore)
  t.strictSame(await loadReference(sql, ...files), dry)
  t.not(await version(), versionBefore)
})

t.test('one file alone', async t => {
  const { migrator: sql } = await database(t)
  t.match(await loadReference(sql, ports('ZZAAA,First,baltic'), null), { ports: { added: 1 }, regions: none, untouchedRegions: shipped.regions.length })
  t.match(await loadReference(sql, null, regions('new_top,Top,')), { ports: none, regions: { added: 1 }, untouchedPorts: shipped.ports.length + 1 })
})

t.test('names are data, whatever they look like', async t => {
  const { migrator: sql } = await database(t)
  const names = ['null', '{}', '{a,b}', 'back\\slash', "it's", 'say "hi"', "'; drop table ports; --", 'a,b', '🚢 広州']
  const rows = names.map((name, index) => `ZZAA${'ABCDEFGHI'[index]},"${name.replaceAll('"', '""')}",baltic`)
  await loadReference(sql, ports(...rows), regions(baltic))
  const found = await sql`select name from ports where code like 'ZZAA_' order by code`
  t.strictSame(found.map(({ name }) => name), names)
})

t.test('an error changes nothing', async t => {
  const { migrator: sql } = await database(t)
  const before = await contents(sql)
  const wrong: Record<string, [ports: string, regions: string, code: string]> = {
    'a bad port after good regions': [ports('bad,Bad,baltic'), regions('new_top,Top,'), 'malformed-code'],
    'a bad region before good ports': [ports('ZZAAA,First,baltic'), regions('Bad,Bad,'), 'malformed-slug'],
    'a parent that does not exist': [ports('ZZAAA,First,narnia'), regions('new_top,Top,'), 'unknown-parent'],
    'a cycle through regions of the database': [ports(tallinn), regions('northern_europe,Northern Europe,finland_main'), 'cycle'],
    'a slug that is the code of a port of the database': [ports(tallinn), regions('deham,Hamburg,'), 'slug-is-code'],
    'a bad alias after good rows': [aliased('ZZAAA,First,baltic,ZZAAB ZZAAA'), regions('new_top,Top,'), 'own-alias'],
    'a slug that is an alias of the database': [ports(tallinn), regions('cnsgh,Shanghai,'), 'slug-is-code'],
    'an empty file': [ports(tallinn), '', 'empty-file'],
  }
  for (const [name, [portsCsv, regionsCsv, code]] of Object.entries(wrong)) {
    await t.rejects(loadReference(sql, portsCsv, regionsCsv), { code: 'invalid-reference', problems: [{ code }] }, name)
  }
  t.strictSame(await contents(sql), before)
})

t.test('a code that is the slug of a region of the database is refused', async t => {
  const { migrator: sql } = await database(t)
  await loadReference(sql, ports(tallinn), regions('zzaaa,Somewhere,'))
  await t.rejects(loadReference(sql, ports('ZZAAA,First,baltic'), regions(baltic)), {
    code: 'invalid-reference', problems: [{ file: 'ports', code: 'slug-is-code' }],
  })
})

t.test('two loads at once run one after the other: two halves of a cycle never both pass', async t => {
  const { migrator: sql } = await database(t)
  await loadReference(sql, ports(tallinn), regions('left,Left,', 'right,Right,'))
  const results = await Promise.allSettled([
    loadReference(sql, ports(tallinn), regions('left,Left,right')),
    loadReference(sql, ports(tallinn), regions('right,Right,left')),
  ])
  t.strictSame(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  t.match(results.find(({ status }) => status === 'rejected'), { reason: { problems: [{ code: 'cycle' }] } })
})

t.test('many equal loads at once all succeed, one adds', async t => {
  const { migrator: sql } = await database(t)
  const loads = Array.from({ length: 8 }, () => loadReference(sql, ports('ZZAAA,First,new_top'), regions('new_top,Top,')))
  const added = (await Promise.all(loads)).map(loaded => loaded.ports.added)
  t.strictSame(added.toSorted(), [0, 0, 0, 0, 0, 0, 0, 1])
})

t.test('queries continue while a load waits to commit', async t => {
  const { migrator: sql, open } = await database(t)
  const reader = open('rates_api')
  await sql.begin(async load => {
    await load`lock table regions, ports in share row exclusive mode`
    await reader.begin(async read => {
      await read`set local lock_timeout = '2s'`
      t.equal((await read`select name from ports where code = 'EETLL'`)[0]!.name, 'Tallinn')
    })
  })
})

t.test('a service cannot load', async t => {
  const { open } = await database(t)
  for (const login of ['rates_api', 'ingestion_worker'] as const) {
    await t.rejects(loadReference(open(login), ports(tallinn), regions(baltic)), { code: '42501' }, login)
  }
})

async function contents (sql: Sql) {
  return {
    ports: [...await sql`select code, name, parent_slug from ports order by code`],
    regions: [...await sql`select slug, name, parent_slug from regions order by slug`],
    aliases: Object.fromEntries((await sql`select code, port_code from port_aliases order by code`).map(row => [row.code, row.port_code])),
  }
}
