import t from 'tap'
import { loadReference } from '../../../lib/reference/load.ts'
import { database, type TestDatabase } from '../../harness/database.ts'

const regions = 'slug,name,parent_slug\nzz,Test,\n'
const ports = (...rows: string[]) => ['code,name,parent_slug', ...rows.map(row => `${row},Port,zz`)].join('\n')
/** Returns rows from `ZZAAA ZZAAB ZZAAC`: a port and its aliases. */
const aliased = (...rows: string[]) => ['code,name,parent_slug,aliases', ...rows.map(row => {
  const [code, ...aliases] = row.split(' ')
  return `${code},Port,zz,${aliases.join(' ')}`
})].join('\n')

async function aliasesOf ({ migrator }: TestDatabase): Promise<string[]> {
  return (await migrator`select code || ' ' || port_code as pair from port_aliases where code like 'ZZ%' order by code`).map(({ pair }) => pair)
}

t.test('a file with the column replaces all aliases of its ports; the aliases of other ports remain', async t => {
  const db = await database(t)
  const first = await loadReference(db.migrator, aliased('ZZAAA ZZAAB ZZAAC', 'ZZBBB ZZBBC'), regions)
  t.match(first, { aliases: { added: 3, changed: 0, removed: 0 }, becameAliases: [], becamePorts: [] })
  t.strictSame(await aliasesOf(db), ['ZZAAB ZZAAA', 'ZZAAC ZZAAA', 'ZZBBC ZZBBB'])
  const second = await loadReference(db.migrator, aliased('ZZAAA ZZAAC ZZAAD'), regions)
  t.match(second, { aliases: { added: 1, changed: 0, removed: 1 }, becameAliases: [], becamePorts: [] })
  t.strictSame(await aliasesOf(db), ['ZZAAC ZZAAA', 'ZZAAD ZZAAA', 'ZZBBC ZZBBB'])
  t.match(await loadReference(db.migrator, ports('ZZAAA', 'ZZBBB'), regions), { aliases: { added: 0, changed: 0, removed: 0 } }, 'no column, no change')
  t.equal((await aliasesOf(db)).length, 3)
  t.match(await loadReference(db.migrator, aliased('ZZBBB ZZAAD'), regions), { aliases: { added: 0, changed: 1, removed: 1 } }, 'an alias moves')
  t.strictSame(await aliasesOf(db), ['ZZAAC ZZAAA', 'ZZAAD ZZBBB'])
})

t.test('a code loaded as a separate port stops being an alias, with the column or without it', async t => {
  for (const file of [ports('ZZAAB'), aliased('ZZAAB')]) {
    const db = await database(t)
    await loadReference(db.migrator, aliased('ZZAAA ZZAAB'), regions)
    const loaded = await loadReference(db.migrator, file, regions)
    t.match(loaded, { ports: { added: 1 }, aliases: { removed: 1 }, becameAliases: [], becamePorts: [{ code: 'ZZAAB', port_code: 'ZZAAA' }] })
    t.strictSame(await aliasesOf(db), [])
  }
})

t.test('a port that becomes an alias keeps its row for the previous release, and its aliases move with it', async t => {
  const db = await database(t)
  await loadReference(db.migrator, aliased('ZZAAA ZZAAB', 'ZZBBB'), regions)
  const loaded = await loadReference(db.migrator, aliased('ZZCCC ZZAAA'), regions)
  t.match(loaded, {
    ports: { added: 1 }, aliases: { added: 1, changed: 1, removed: 0 }, becameAliases: [{ code: 'ZZAAA', port_code: 'ZZCCC' }], becamePorts: [],
  })
  t.strictSame(await aliasesOf(db), ['ZZAAA ZZCCC', 'ZZAAB ZZCCC'])
  t.strictSame((await db.migrator`select code from ports where code like 'ZZ%' order by code`).map(({ code }) => code), ['ZZAAA', 'ZZBBB', 'ZZCCC'])
  const again = await loadReference(db.migrator, aliased('ZZCCC'), regions)
  t.match(again, { aliases: { removed: 2 }, becamePorts: [{ code: 'ZZAAA', port_code: 'ZZCCC' }] }, 'the code with a row is a port again, the other code is unknown')
})

t.test('an alias always has a port, which is no alias: the database enforces the first part, the load the second', async t => {
  const db = await database(t)
  await t.rejects(db.migrator`insert into port_aliases values ('ZZAAB', 'ZZAAA')`, { code: '23503' })
  await t.rejects(db.migrator`insert into port_aliases values ('EETLL', 'EETLL')`, { code: '23514' })
  await t.rejects(db.migrator`insert into port_aliases values ('zzaab', 'EETLL')`, { code: '23514' })
})
