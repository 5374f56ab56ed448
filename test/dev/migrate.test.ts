import t from 'tap'
import { migrate } from '../../dev/migrate.ts'
import type { Login } from '../../dev/state/secrets.ts'
import { isConverted } from '../../lib/ledger/unconverted.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { seededRandom } from '../../lib/sample/random.ts'
import { urlFor } from '../harness/database.ts'
import { emptyDatabase } from '../harness/empty-database.ts'
import { queryOf, sides, somePrice, totalsOfPrices } from '../harness/lane-queries.ts'
import { migrateAsBefore } from '../harness/old-schema.ts'
import { loadOldBatches } from '../harness/old-tables.ts'
import { loadOld } from '../harness/prices.ts'
import { wrongReads } from '../harness/rates-readers.ts'
import { loginPasswords } from '../harness/server.ts'
import { testSystem } from '../harness/system.ts'
import { stateFolder } from './program.ts'

const months = ['2020-12', '2021-01', '2021-02']

t.test('`npm start` on the data of release 0.1.0: the rates are the same after the conversion', async t => {
  const { open, name } = await emptyDatabase(t)
  const sql = open()
  await migrateAsBefore(sql, months.map(month => `${month}-01`))
  await loadOldBatches(sql, { batches: 3, lanes: 20, prices: 5, months: months.map(month => `${month}-01`) })
  const random = seededRandom(16)
  const prices = Array.from({ length: 400 }, () => somePrice(random, months))
  await loadOld(sql, prices.slice(0, 300))
  await loadOld(sql, prices.slice(300), 'full_lane_months')

  const urlOf = (login: Login): string => urlFor(testSystem().postgresUrl, login, login === 'postgres' ? 'postgres' : name)
  const steps: string[] = []
  const printed: string[] = []
  await migrate(stateFolder(t).state, { isReady: () => true, exitCount: () => 0 }, urlOf, { postgres: 'test', ...loginPasswords } as Record<Login, string>, {
    reporter: { step: (_name, text) => steps.push(text), progress: () => {}, print: text => printed.push(text) },
    signal: new AbortController().signal,
    onStop: () => {},
  })
  t.match(steps.at(-1), /^schema and reference data up to date/)
  t.match(printed, [/prices are converted/])
  t.equal(printed.length, 1)
  t.same(await sql`select count(*), max(position) from applied_batches`, [{ count: 3, max: 3 }])

  const reader = openDatabase({ url: urlOf('rates_api'), process: 'test', poolSize: 1 })
  t.teardown(() => reader.end())
  const expected = sides.map(side => ({ query: queryOf(side, months), months: totalsOfPrices(side, months, prices) }))
  t.same(await wrongReads(reader, expected), [])
  t.ok(await isConverted(sql))
})
