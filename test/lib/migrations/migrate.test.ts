import postgres from 'postgres'
import t from 'tap'
import { bootstrap } from '../../../services/migrate/bootstrap.ts'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { readMigrations, type Migration } from '../../../lib/migrations/migrations.ts'
import { ensurePartitions } from '../../../lib/migrations/partitions.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { schemaState } from '../../../lib/migrations/schema.ts'
import { emptyDatabase } from '../../harness/empty-database.ts'
import { testSystem } from '../../harness/system.ts'

const names = readMigrations().map(({ name }) => name)

t.test('twenty migrators at once on an empty database', async t => {
  const { open } = await emptyDatabase(t)
  const results = await Promise.all(Array.from({ length: 20 }, async () => {
    const sql = open()
    return [await migrate(sql), await ensurePartitions(sql, '2020-12-01', '2021-03-01')] as const
  }))
  t.same(results.flatMap(([applied]) => applied).sort(), names, 'each migration was applied by one of them')
  t.same(results.flatMap(([, months]) => months).sort(), ['2020-12-01', '2021-01-01', '2021-02-01', '2021-03-01'])
  const sql = open()
  t.same(await migrate(sql), [], 'a second run has no effect')
  t.same(await ensurePartitions(sql, '2020-12-01', '2021-04-01'), ['2021-04-01'])
  const partitions = await sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'prices'::regclass order by 1`
  t.equal(partitions.length, 5)
})

t.test('twenty bootstraps at once', async t => {
  const { superuser, name } = await emptyDatabase(t)
  await Promise.all(Array.from({ length: 20 }, async () => {
    const sql = openDatabase({ url: testSystem().postgresUrl, process: 'test', poolSize: 1 })
    await bootstrap(sql, { database: name, loginPasswords: { migrator: 'test' } })
    await sql.end()
  }))
  const members = await superuser`select pg_has_role('rates_api', 'rates_reader', 'usage') as reads, pg_has_role('rates_api', 'batch_writer', 'member') as writes`
  t.same(members[0], { reads: true, writes: false })
})

t.test('an applied migration that was edited is refused', async t => {
  const sql = (await emptyDatabase(t)).open()
  await migrate(sql, [migration(1)])
  await t.rejects(migrate(sql, [{ ...migration(1), sha256: 'another' }]), /0001-x/)
})

t.test('a failing migration leaves no change, and the next run resumes', async t => {
  const sql = (await emptyDatabase(t)).open()
  const broken = { ...migration(2), text: 'create table b (); select nonsense' }
  await t.rejects(migrate(sql, [migration(1), broken]), { code: '42703' })
  t.same(await sql`select to_regclass('t1') is not null as first, to_regclass('b') is not null as second`, [{ first: true, second: false }])
  t.same(await migrate(sql, [migration(1), migration(2)]), ['0002-x'])
})

t.test('releases and breaking migrations', async t => {
  const { open, url } = await emptyDatabase(t)
  const sql = open()
  await migrate(sql, [migration(1)])
  const breaking: Migration = { ...migration(2), oldestRelease: '2.1.0' }

  t.test('refused while an older release is connected', async t => {
    const old = postgres(url, { max: 1, connection: { application_name: 'rates-api@2.0.9' } })
    await old`select 1`
    await t.rejects(migrate(sql, [migration(1), breaking]), /rates-api@2\.0\.9/)
    t.same(await sql`select to_regclass('t2') as t2`, [{ t2: null }])
    await old.end()
    const newer = postgres(url, { max: 1, connection: { application_name: 'rates-api@2.1.0' } })
    await newer`select 1`
    t.same(await migrate(sql, [migration(1), breaking]), ['0002-x'])
    await newer.end()
  })

  t.test('older code refuses the schema; newer code and compatible code do not', async t => {
    t.match(await schemaState(sql, [migration(1)], '2.0.9'), { missing: 0, refusal: /0002-x.*2\.1\.0/ })
    t.same(await schemaState(sql, [migration(1)], '2.1.0'), { missing: 0, refusal: null })
    t.same(await schemaState(sql, [migration(1), breaking, migration(3)], '2.2.0'), { missing: 1, refusal: null })
    await t.rejects(migrate(sql, [migration(1)]), /needs release 2\.1\.0/, 'this release is older: it does not migrate either')
  })
})

t.test('no role has more rights than its work needs', async t => {
  const sql = (await emptyDatabase(t)).open()
  await migrate(sql)
  const may = async (role: string): Promise<string[]> => {
    const rows = await sql`
      select format('%s %s', privilege, relname) as can
      from pg_class, unnest(array['insert', 'update', 'delete', 'truncate']) as privilege
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and has_table_privilege(${role}, oid, privilege)
      order by 1`
    return rows.map(row => row.can as string)
  }
  t.same(await may('rates_api'), [])
  t.same(await may('ingestion_api'), ['insert batches', 'insert dead_letter_actions'])
  t.same(await may('ingestion_worker'), [
    'delete batch_lanes', 'delete full_lane_months', 'delete lane_months', 'delete merged_prices', 'delete merged_sums', 'delete parked_messages',
    'delete prices', 'delete stray_messages', 'delete unmerged_prices', 'delete unreadable_batches',
    'insert applied_batches', 'insert batch_attempts', 'insert batch_lanes', 'insert batches', 'insert dead_letter_actions', 'insert full_lane_months',
    'insert merged_prices', 'insert merged_sums', 'insert parked_messages', 'insert stray_messages',
    'insert unmerged_prices', 'insert unreadable_batches', 'insert wide_merged_sums', 'insert withdrawn_batches', 'insert worker_rules',
    'update lane_months', 'update parked_messages', 'update stray_messages', 'update unreadable_batches', 'update wide_merged_sums',
  ])
  t.same(await may('ops'), [
    'delete batch_lanes', 'delete merged_prices', 'delete merged_sums', 'delete port_aliases', 'delete unmerged_prices',
    'insert applied_batches', 'insert as_of_gaps', 'insert batches', 'insert dead_letter_actions', 'insert merged_prices', 'insert merged_sums', 'insert port_aliases', 'insert ports',
    'insert reference_actions', 'insert regions', 'insert session_signals', 'insert unmerged_prices', 'insert wide_merged_sums', 'insert withdrawn_batches',
    'update port_aliases', 'update ports', 'update regions', 'update wide_merged_sums',
  ])
  const mayOnLedger = async (role: string): Promise<string[]> => {
    const rows = await sql`
      select format('%s %s', privilege, relname) as can
      from pg_class, unnest(array['maintain', 'select']) as privilege
      where relname in ('unmerged_prices', 'merged_prices', 'merged_sums', 'wide_merged_sums', 'batch_lanes', 'ledger_position', 'withdrawn_batches', 'all_prices',
        'prices', 'lane_months', 'full_lane_months') and has_table_privilege(${role}, oid, privilege)
      order by 1`
    return rows.map(row => row.can as string)
  }
  t.same(await mayOnLedger('rates_api'), [
    'select all_prices', 'select full_lane_months', 'select lane_months', 'select ledger_position', 'select merged_prices', 'select merged_sums',
    'select prices', 'select unmerged_prices', 'select wide_merged_sums', 'select withdrawn_batches',
  ])
  t.same(await mayOnLedger('ingestion_api'), [
    'select batch_lanes', 'select ledger_position', 'select merged_prices', 'select merged_sums', 'select unmerged_prices', 'select wide_merged_sums',
    'select withdrawn_batches',
  ])
  t.same(await mayOnLedger('ingestion_worker'), [
    'maintain merged_sums', 'maintain unmerged_prices', 'maintain wide_merged_sums',
    'select batch_lanes', 'select full_lane_months', 'select lane_months', 'select ledger_position', 'select merged_prices', 'select merged_sums',
    'select prices', 'select unmerged_prices', 'select wide_merged_sums', 'select withdrawn_batches',
  ])
  t.same(await mayOnLedger('ops'), [
    'select all_prices', 'select batch_lanes', 'select ledger_position', 'select merged_prices', 'select merged_sums', 'select prices', 'select unmerged_prices',
    'select wide_merged_sums', 'select withdrawn_batches',
  ])
})

function migration (number: number): Migration {
  return { number, name: `000${number}-x`, text: `create table t${number} ()`, sha256: String(number), oldestRelease: null }
}
