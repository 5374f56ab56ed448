import { join } from 'node:path'
import t from 'tap'
import { database } from '../../../harness/database.ts'
import { ops, type Run } from '../../../harness/ops.ts'

t.test('ops reference load, on a real database', async t => {
  const db = await database(t)
  const files = t.testdir({
    'regions.csv': 'slug,name,parent_slug\natlantis,Atlantis,\natlantis_main,Atlantis Main,atlantis\n',
    'ports.csv': 'code,name,parent_slug\nATLAN,Atlan,atlantis_main\nCNGGZ,Guangzhou again,atlantis\n',
    'wrong.csv': 'code,name,parent_slug\nATL,Too short,atlantis_main\nATLAN,Nowhere,no_such_region\n',
    'regions-of-aliases.csv': 'slug,name,parent_slug\nadriatic,Adriatic,\n',
    'aliases.csv': 'code,name,parent_slug,aliases\nATLAN,Atlan,atlantis_main,ATL00 CNGGZ\n',
    'wrong-aliases.csv': 'code,name,parent_slug,aliases\nATLAN,Atlan,adriatic,ATLAN\nATLAX,Atlax,adriatic,ATLAN\nATLAY,Atlay,adriatic,ATL01\nATLAZ,Atlaz,adriatic,ATL01\n',
    'added.csv': 'code,name,parent_slug\nATLAS,Atlas,adriatic\n',
    'zero.csv': 'code,name,parent_slug\nIT940,Villanova,adriatic\nATL00,Atlan the second,adriatic\n',
    'latin1.csv': Buffer.from('code,name,parent_slug\nATLAN,Atl\xe1n,atlantis\n', 'latin1'),
  })
  const at = (name: string): string => join(files, name)
  const load = (...args: string[]): Promise<Run> => ops(['reference', 'load', ...args], { DATABASE_URL: db.url('ops') })

  const before = await db.migrator`select * from ports order by code`
  const wrong = await load('--ports', at('wrong.csv'), '--regions', at('regions.csv'))
  t.equal(wrong.code, 1)
  t.match(wrong.stderr, `${at('wrong.csv')}:2: malformed-code`)
  t.match(wrong.stderr, `${at('wrong.csv')}:3: unknown-parent`)
  t.same(await db.migrator`select * from ports order by code`, before)

  t.match(await load('--ports', at('latin1.csv'), '--regions', at('regions.csv')), { code: 1, stderr: 'latin1.csv is not UTF-8' })
  t.match(await load('--ports', at('missing.csv'), '--regions', at('regions.csv')), { code: 1, stderr: 'ENOENT' })

  const right = await load('--ports', at('ports.csv'), '--regions', at('regions.csv'))
  t.match(right, { code: 0, stdout: /regions: 2 added.*\nports: {3}1 added, 1 changed/ })
  t.same(await db.migrator`select name, parent_slug from ports where code in ('ATLAN', 'CNGGZ') order by code`,
    [{ name: 'Atlan', parent_slug: 'atlantis_main' }, { name: 'Guangzhou again', parent_slug: 'atlantis' }])
  t.match(await load('--ports', at('ports.csv'), '--regions', at('regions.csv')), { code: 0, stdout: '0 added, 0 changed, 2 unchanged' })

  const withAliases = await load('--ports', at('aliases.csv'), '--regions', at('regions-of-aliases.csv'))
  t.match(withAliases, { code: 0, stdout: /^warning: CNGGZ was a port and is now an alias of ATLAN\n[^]*aliases: 2 added, 0 changed, .*0 removed/ })
  const zero = await load('--ports', at('zero.csv'), '--regions', at('regions-of-aliases.csv'))
  t.match(zero, { code: 0, stdout: /ports: {3}2 added[^]*1 removed\nATL00 was an alias of ATLAN and is now a port/ })
  const wrongAliases = await load('--ports', at('wrong-aliases.csv'), '--regions', at('regions-of-aliases.csv'))
  t.equal(wrongAliases.code, 1)
  for (const line of ['2: own-alias', '3: alias-is-port', '5: duplicate']) t.match(wrongAliases.stderr, `${at('wrong-aliases.csv')}:${line}`)

  const dry = await load('--ports', at('added.csv'), '--dry-run')
  t.match(dry, { code: 0, stdout: /ports: {3}1 added[^]*added: {3}ATLAS[^]*Dry run/ })
  t.same(await db.migrator`select 1 from ports where code = 'ATLAS'`, [])
  t.match(await load('--ports', at('added.csv')), { code: 0, stdout: /ports: {3}1 added/ })
  t.match(await load('--ports', 's3://no-key'), { code: 2 })

  const retire = (verb: string, ...args: string[]): Promise<Run> => ops(['reference', verb, ...args], { DATABASE_URL: db.url('ops') })
  t.match(await retire('retire', 'ATLAS', 'NOPORT', '--why', 'closed'), { code: 1, stderr: 'NOPORT is neither' })
  t.match(await retire('retire', 'ATLAS'), { code: 2, stderr: '--why' })
  t.match(await retire('retire', 'atlas', '--why', 'closed', '--by', 'me'), { code: 0, stdout: 'port ATLAS  retired\n' })
  t.match(await retire('retire', 'ATLAS', '--why', 'closed'), { code: 0, stdout: 'nothing changed' })
  t.match(await retire('unretire', 'ATLAS', '--why', 'open again'), { code: 0, stdout: 'port ATLAS  in use\n' })
  t.match([...await db.migrator`select action, codes, actor, reason from reference_actions order by number`], [
    { action: 'retire', codes: ['ATLAS'], actor: 'me', reason: 'closed' }, { action: 'unretire', codes: ['ATLAS'], reason: 'open again' },
  ])
})
