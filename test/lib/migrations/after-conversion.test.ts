import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { convert } from '../../../lib/ledger/convert.ts'
import { isConverted } from '../../../lib/ledger/unconverted.ts'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { readMigrations } from '../../../lib/migrations/migrations.ts'
import { urlFor } from '../../harness/database.ts'
import { emptyDatabase } from '../../harness/empty-database.ts'
import { holdLocks } from '../../harness/lock.ts'
import { ledgerMigrations, migrateAsBefore, oldMigrations } from '../../harness/old-schema.ts'
import { loadOldBatches } from '../../harness/old-tables.ts'
import { testSystem } from '../../harness/system.ts'
import { waitFor } from '../../harness/wait.ts'

const months = ['2021-01-01', '2021-02-01']
const namesAfter = (applied: readonly unknown[]): string[] => readMigrations().slice(applied.length).map(({ name }) => name)

/** Creates a database with prices of release 0.1.0. `connect` connects a process of another release, and `gone` waits for its end. */
async function oldPrices (t: Test) {
  const { name, open, superuser } = await emptyDatabase(t)
  const sql = open()
  await migrateAsBefore(sql, months)
  await loadOldBatches(sql, { batches: 2, lanes: 10, prices: 3, months })
  return {
    sql, open, superuser, name,
    async beside (processName: string, work: () => Promise<unknown>): Promise<void> {
      const other = postgres(urlFor(testSystem().postgresUrl, 'ingestion_worker', name), { max: 1, connection: { application_name: processName } })
      await other`select 1`
      await work()
      await other.end()
      await waitFor(async () => (await sql`select from pg_stat_activity where datname = ${name} and application_name = ${processName}`).length === 0)
    },
  }
}

const ledgerOf = async (sql: Sql): Promise<unknown> => (await sql`
  select sum(octet_length(days))::int as prices, (select max(position)::int from applied_batches) as position from unmerged_prices`)[0]

t.test('the migration is refused while release 0.1.0 is connected, or while release 0.2.0 converts, and the message says what to do', async t => {
  const { sql, beside } = await oldPrices(t)
  await migrate(sql, ledgerMigrations)
  for (const release of ['0.1.0', '0.1.9']) {
    await beside(`rates-api@${release}`, () => t.rejects(migrate(sql), {
      message: `Migration 0019-corrections ends writing to the tables of release 0.1.0, and rates-api@${release} is connected: deploy release 0.2.0 first, or stop the processes of the older release`,
    }))
  }
  t.same(await sql`select switched_at from ledger_position`, [{ switched_at: null }])
  await beside('ingestion-worker@0.2.0', () => t.rejects(migrate(sql), {
    message: /^Migration 0019-corrections needs every price in the ledger by lane and month\. About \d+ prices are not converted yet, and ingestion-worker@0\.2\.0 is connected: .*or stop the processes/,
  }))
  t.same(await sql`select count(*) from prices`, [{ count: 120 }])
  t.same(await migrate(sql), namesAfter(ledgerMigrations), 'without such processes the migrator converts')
  t.same(await ledgerOf(sql), { prices: 120, position: 2 })
})

t.test('the migration is applied beside release 0.2.0 once everything is converted', async t => {
  const { sql, open, beside } = await oldPrices(t)
  await migrate(sql, ledgerMigrations)
  await sql`select switch_ledger()`
  await convert({ sql: open('ingestion_worker') })
  t.ok(await isConverted(sql))
  await beside('ingestion-worker@0.2.0', () => beside('rates-api@0.2.0', async () => {
    t.same(await migrate(sql), namesAfter(ledgerMigrations))
    t.same(await migrate(sql), [])
  }))
})

t.test('data of release 0.1.0 is switched and converted in one run, and sums without prices are reported', async t => {
  const { sql } = await oldPrices(t)
  await sql`drop table prices_2021_02`
  const progress: unknown[] = []
  const kept: unknown[] = []
  const applied = await migrate(sql, readMigrations(), {
    onConverting: (migration, left) => progress.push([migration, left > 0]),
    onKept: (migration, laneDays) => kept.push([migration, laneDays]),
  })
  t.same(applied, namesAfter(oldMigrations))
  t.same(await ledgerOf(sql), { prices: 60, position: 2 })
  t.same(progress, [['0019-corrections', true]])
  t.same(kept, [['0019-corrections', (await sql`select from wide_merged_sums, unnest(counts) as count where count > 0`).length]])
})

t.test('the conversion tries again after a session has held a lock', async t => {
  const { sql, open, superuser, name } = await oldPrices(t)
  await migrate(sql, ledgerMigrations)
  const release = await holdLocks(open(), "select from lane_months where month = '2021-02-01' limit 1 for update")
  const migrating = migrate(sql).catch((error: unknown) => error)
  const attempts = new Set<string>()
  await waitFor(async () => {
    for (const { at } of await superuser<Array<{ at: string }>>`
      select xact_start::text as at from pg_stat_activity where datname = ${name} and wait_event = 'transactionid'`) attempts.add(at)
    return attempts.size >= 2
  }).finally(release)
  t.same(await migrating, namesAfter(ledgerMigrations))
  t.same(await ledgerOf(sql), { prices: 120, position: 2 })
})
