import { randomUUID } from 'node:crypto'
import t from 'tap'
import { bootstrap } from '../../../services/migrate/bootstrap.ts'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { readMigrations } from '../../../lib/migrations/migrations.ts'
import { loadReferenceFiles } from '../../../lib/reference/files.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { shippedReference } from '../../../lib/sample/month.ts'
import { urlFor } from '../../harness/database.ts'
import { testSystem } from '../../harness/system.ts'
import { load, loadOld, prices } from '../../harness/prices.ts'
import { ratesApi } from '../../harness/rates-api.ts'

/** Codes of these ports in the releases before the aliases. */
const before: Record<string, string> = { CNTAC: 'CNTAG', THSGK: 'THSGZ' }

t.test('a database of the release before the aliases, with prices under codes that are aliases now', async t => {
  const { postgresUrl } = testSystem()
  const superuser = openDatabase({ url: postgresUrl, process: 'test', poolSize: 1 })
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await bootstrap(superuser, { database: name })
  const sql = openDatabase({ url: urlFor(postgresUrl, 'migrator', name), process: 'test', poolSize: 1 })
  t.teardown(async () => {
    await sql.end({ timeout: 1 })
    await superuser.unsafe(`drop database ${name} with (force)`)
    await superuser.end()
  })

  const migrations = readMigrations()
  const aliasesAt = migrations.findIndex(migration => migration.name.endsWith('-port-aliases'))
  await migrate(sql, migrations.slice(0, aliasesAt))
  await sql`create table prices_2021_01 partition of prices for values from ('2021-01-01') to ('2021-02-01')`
  await sql`insert into price_months values ('2021-01-01')`
  const { ports, regions } = shippedReference()
  const old = ports.map(port => ({ ...port, code: before[port.code] ?? port.code }))
  await sql.begin(async tx => {
    await tx`insert into regions ${tx(regions)}`
    await tx`insert into ports ${tx(old)}`
    await tx`insert into reference_loads (sha256) values ('of the release before')`
  })
  const olderPrices = prices('CNTAG EETLL 2021-01-31: 100 200 400', 'THSGZ CNTAG 2021-01-30: 5 6 7', 'CNSHA EETLL 2021-01-31: 8 9 10')
  await loadOld(sql, olderPrices)

  t.same(await migrate(sql), migrations.slice(aliasesAt).map(migration => migration.name))
  const loaded = await loadReferenceFiles(sql)
  t.match(loaded, {
    ports: { added: 2 },
    aliases: { added: 23, changed: 0, removed: 0 },
    becameAliases: [{ code: 'CNTAG', port_code: 'CNTAC' }, { code: 'THSGZ', port_code: 'THSGK' }],
    becamePorts: [],
  })
  t.equal(await loadReferenceFiles(sql), null, 'once')

  t.test('responses for the old code are unchanged, and the new code has the same', async t => {
    const reader = () => openDatabase({ url: urlFor(postgresUrl, 'rates_api', name), process: 'test', poolSize: 1 })
    const { get } = await ratesApi(t, { connect: reader })
    const ratesOf = async (orig: string, dest: string) => (await get('/rates', { date_from: '2021-01-30', date_to: '2021-01-31', orig_code: orig, dest_code: dest })).body.rates
    const nothing = (day: string) => ({ day, count: null, price: null })
    for (const orig of ['CNTAG', 'CNTAC']) {
      t.strictSame(await ratesOf(orig, 'EETLL'), [{ day: '2021-01-31', count: 3, price: 700 / 3 }, nothing('2021-01-30')], orig)
      for (const from of ['THSGZ', 'THSGK']) t.strictSame(await ratesOf(from, orig), [nothing('2021-01-31'), { day: '2021-01-30', count: 3, price: 6 }], `${from} ${orig}`)
    }
    for (const orig of ['CNSHA', 'CNSGH', 'CNSHG']) t.match(await ratesOf(orig, 'EETLL'), [{ count: 3, price: 9 }], orig)
    t.match(await ratesOf('china_east_main', 'EETLL'), [{ count: 6 }], 'a region counts each price once')
    await load(sql, prices('CNTAC EETLL 2021-01-30: 1 2 3', 'EETLL CNTAC 2021-01-30: 4 4 4'))
    for (const code of ['CNTAG', 'CNTAC']) {
      t.match(await ratesOf(code, 'EETLL'), [{ count: 3 }, { count: 3, price: 2 }], `a price under the new code counts for ${code}`)
      t.match(await ratesOf('EETLL', code), [{ count: null }, { count: 3, price: 4 }])
    }
    t.match((await get('/locations', { q: 'CNTAG' })).body.locations, [{ code: 'CNTAC', name: 'Taicang', aliases: ['CNTAG'] }])
    t.equal((await get('/locations', { q: 'taicang' })).body.locations.length, 1, 'the row that remains for the previous release is not shown')
  })

  t.test('the codes of the release before are still ports', async t => {
    const reader = openDatabase({ url: urlFor(postgresUrl, 'rates_api', name), process: 'test', poolSize: 1 })
    t.teardown(() => reader.end())
    const codes = new Set((await reader`select code from ports`).map(({ code }) => code))
    t.same(old.filter(({ code }) => !codes.has(code)), [])
    t.same([...codes].filter(code => !/^[A-Z]{2}[A-Z2-9]{3}$/.test(code as string)), [], 'each is a code to that release')
  })
})
