import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { migrationsFolder, readMigrations, type Migration } from '../../../lib/migrations/migrations.ts'
import { release } from '../../../lib/process/release.ts'
import { beforeSwitch, database } from '../../harness/database.ts'
import { emptyDatabase } from '../../harness/empty-database.ts'
import { migrateAsBefore } from '../../harness/old-schema.ts'
import { loadOldBatches } from '../../harness/old-tables.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { waitFor } from '../../harness/wait.ts'

const contractName = `${String(readMigrations().length + 1).padStart(4, '0')}-contract`
const months = ['2021-01-01', '2021-02-01']
const drop = `--! breaking: ${release}
--! after conversion
drop view all_prices;
drop table prices, lane_months, full_lane_months;
`

t.test('a migration after the conversion is refused while the workers of an older release convert, and the migrator says so', async t => {
  const db = await database(t)
  await beforeSwitch(db.migrator)
  await loadOldBatches(db.migrator, { batches: 2, lanes: 10, prices: 3, months })
  const sql = openDatabase({ url: db.url('migrator'), process: 'migrate', poolSize: 1 })
  t.teardown(() => sql.end())
  const migrations = contract(t)

  const connected = async (name: string, message: RegExp): Promise<void> => {
    const other = postgres(db.url('ingestion_worker'), { max: 1, connection: { application_name: name } })
    await other`select 1`
    await t.rejects(migrate(sql, migrations), { message })
    await other.end()
    await waitFor(async () => (await sql`select from pg_stat_activity where application_name = ${name}`).length === 0)
  }
  await connected('ingestion-worker@0.1.0', /^ingestion-worker@0\.1\.0 is connected: deploy release 0\.2\.0 or newer everywhere first$/)
  await connected('ingestion-worker@0.1.9', /^ingestion-worker@0\.1\.9 is connected/)
  t.same(await sql`select count(*) from prices`, [{ count: 120 }])
  await sql`select switch_ledger()`
  await connected('ingestion-worker@0.1.99', /^Migration \d+-contract needs every price in the ledger by lane and month\. About \d+ prices are not converted yet, and ingestion-worker@0\.1\.99 is connected/)
  t.same(await sql`select count(*) from prices`, [{ count: 120 }])

  t.same(await migrate(sql, migrations), [contractName], 'without such workers the migrator converts')
  t.same(await sql`select sum(octet_length(days))::int as prices from unmerged_prices`, [{ prices: 120 }])
  t.same(await migrate(sql, migrations), [])
})

t.test('data of a release before the ledger is switched and converted in the same run', async t => {
  const sql = (await emptyDatabase(t)).open()
  await migrateAsBefore(sql, months)
  await loadOldBatches(sql, { batches: 3, lanes: 10, prices: 3, months })
  const progress: unknown[] = []
  const applied = await migrate(sql, contract(t), { onConverting: (migration, left) => progress.push([migration, left > 0]) })
  t.same(applied, readMigrations().slice(16).map(({ name }) => name).concat(contractName))
  t.same(await sql`select sum(octet_length(days))::int as prices, (select max(position)::int from applied_batches) as position from unmerged_prices`, [{ prices: 180, position: 3 }])
  t.same(progress, [['0019-corrections', true]])
})

/** The migrations of this release and one of the next, read from a folder. */
function contract (t: Test): Migration[] {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  cpSync(migrationsFolder, folder, { recursive: true })
  writeFileSync(join(folder, `${contractName}.sql`), drop)
  return readMigrations(folder)
}
