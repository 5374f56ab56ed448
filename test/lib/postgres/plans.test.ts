import t, { type Test } from 'tap'
import { planSettings } from '../../../services/rates-api/database/plan-settings.ts'
import { averagePrices } from '../../../services/rates-api/rates/average-prices.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { tcpProxy } from '../../harness/tcp-proxy.ts'
import { aws } from '../../harness/aws.ts'
import { database, type Login, type TestDatabase } from '../../harness/database.ts'
import { testKeys } from '../../harness/ingestion-api.ts'
import { ops } from '../../harness/ops.ts'
import { runProcess, startProcess } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'

/** Opens a database, and records the plan modes that new connections set. */
async function watched (t: Test, db: TestDatabase): Promise<{ url: (login: Login) => string, modes: Set<string | undefined> }> {
  const modes = new Set<string | undefined>()
  const proxy = await tcpProxy(Number(new URL(db.url('postgres')).port), () => chunk => {
    const fields = chunk.toString('latin1').split('\0')
    if (fields.includes('application_name')) modes.add(fields[fields.indexOf('plan_cache_mode') + 1])
    return []
  })
  t.teardown(() => proxy.close())
  return {
    modes,
    url (login) {
      const url = new URL(db.url(login))
      url.port = String(proxy.port)
      return url.href
    },
  }
}

t.test('every process sets custom plans, the rates API generic plans', async t => {
  const [db, resources] = await Promise.all([database(t), aws(t)])
  const started = async (name: string, login: Login): Promise<unknown> => {
    const { url, modes } = await watched(t, db)
    const process = await startProcess(t, name, { ...resources.env, DATABASE_URL: url(login), API_KEYS: JSON.stringify(testKeys) })
    await fetch(`${process.url}/ready`)
    if (name === 'ingestion-api') await fetch(`${process.url}/batches`, { headers: { authorization: 'Bearer demo-key' } })
    await waitFor(() => modes.size > 0)
    return [...modes]
  }
  t.same(await started('rates-api', 'rates_api'), ['force_generic_plan'])
  t.same(await started('ingestion-api', 'ingestion_api'), ['force_custom_plan'])
  t.same(await started('ingestion-worker', 'ingestion_worker'), ['force_custom_plan'])
  for (const run of [
    (url: string) => ops(['dead-letters', 'list'], { DATABASE_URL: url }),
    (url: string) => runProcess(t, 'migrate', { DATABASE_URL: url }),
  ]) {
    const { url, modes } = await watched(t, db)
    t.match(await run(url('migrator')), { code: 0 })
    t.same([...modes], ['force_custom_plan'])
  }
})

t.test('a statement on prices locks the partition that it reads, however often it has run', async t => {
  const db = await database(t)
  const sql = openDatabase({ url: db.url('migrator'), process: 'test', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  const locked = await sql.begin(async tx => {
    for (let run = 0; run < 8; run++) await tx`select count(*) from merged_prices where month = ${'2021-01-01'}::date`
    return await tx<Array<{ name: string }>>`
      select relation::regclass::text as name from pg_locks where pid = pg_backend_pid() and relation::regclass::text ~ '^merged_prices_\\d{4}_\\d\\d$' order by 1`
  })
  t.same(locked.map(({ name }) => name), ['merged_prices_2021_01'])
})

t.test('the rates API plans a lane once, and finds it by indexes although every table was empty then', async t => {
  const db = await database(t)
  const tables = ['merged_sums', 'wide_merged_sums', 'unmerged_prices']
  await db.migrator.unsafe(`vacuum analyze ${tables.join()}`)
  const sql = openDatabase({ url: db.url('rates_api'), process: 'test', poolSize: 1, settings: planSettings })
  t.teardown(() => sql.end({ timeout: 1 }))
  const month = { date_from: '2021-01-01', date_to: '2021-01-31' }
  for (let run = 0; run < 8; run++) await averagePrices(sql, { orig_code: 'CNGGZ', dest_code: 'EETLL', ...month })
  for (const orig of ['CNSHA', 'china_main']) await averagePrices(sql, { orig_code: orig, dest_code: 'EETLL', ...month })
  const statements = await sql<Array<{ statement: string }>>`select statement from pg_prepared_statements where statement like ${'%wide_merged_sums%'}`
  t.equal(statements.length, 3, 'for a lane, for aliases and for regions')
  for (const { statement } of statements) {
    const plan = await sql.unsafe<Array<{ 'QUERY PLAN': string }>>(`explain (generic_plan) ${statement}`).simple()
    const lines = plan.map(row => row['QUERY PLAN'])
    for (const table of tables) {
      t.ok(lines.some(line => new RegExp(`(Index Scan using \\w+|Bitmap Heap Scan) on ${table} `).test(line)), table)
    }
    t.same(lines.filter(line => tables.some(table => line.includes(`Seq Scan on ${table} `))), [])
  }
  const [plans] = await sql`select generic_plans::int as generic, custom_plans::int as custom from pg_prepared_statements where statement like '%hasAliases%' and statement not like '%pg_prepared_statements%'`
  t.match(plans, { generic: 9, custom: 0 })
})
