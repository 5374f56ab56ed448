import { join } from 'node:path'
import t from 'tap'
import { database } from '../harness/database.ts'
import { ops, type Run } from '../harness/ops.ts'

t.test('ops reference load, on a real database', async t => {
  const db = await database(t)
  const files = t.testdir({
    'regions.csv': 'slug,name,parent_slug\natlantis,Atlantis,\natlantis_main,Atlantis Main,atlantis\n',
    'ports.csv': 'code,name,parent_slug\nATLAN,Atlan,atlantis_main\nCNGGZ,Guangzhou again,atlantis\n',
    'wrong.csv': 'code,name,parent_slug\nATL,Too short,atlantis_main\nATLAN,Nowhere,no_such_region\n',
    'latin1.csv': Buffer.from('code,name,parent_slug\nATLAN,Atl\xe1n,atlantis\n', 'latin1'),
  })
  const at = (name: string): string => join(files, name)
  const load = (...args: string[]): Promise<Run> => ops(['reference', 'load', ...args], { DATABASE_URL: db.url('migrator') })

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
  t.match(await load('--ports', at('ports.csv'), '--regions', at('regions.csv')), { code: 0, stdout: '0 added, 0 changed, 2 as they were' })
})

t.test('usage', async t => {
  t.match(await ops(['--help']), { code: 0, stdout: 'reference load --ports FILE' })
  t.match(await ops([]), { code: 2 })
  t.match(await ops(['nonsense']), { code: 2, stderr: 'There is no command "nonsense"' })
  t.match(await ops(['reference', 'load', '--ports', 'x']), { code: 2, stderr: '--regions FILE' })
  t.match(await ops(['reference', 'load', '--ports', 'x', '--regions', 'y', '--force']), { code: 2 })
})
