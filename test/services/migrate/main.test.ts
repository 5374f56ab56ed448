import postgres from 'postgres'
import t from 'tap'
import { isConverted } from '../../../lib/ledger/unconverted.ts'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { monthAhead } from '../../../lib/migrations/partitions.ts'
import { wrongClock } from '../../harness/clock.ts'
import { database, urlFor } from '../../harness/database.ts'
import { emptyDatabase } from '../../harness/empty-database.ts'
import { readLaneDays, readPrices } from '../../harness/ledger-contents.ts'
import { holdLocks } from '../../harness/lock.ts'
import { ledgerMigrations, migrateAsBefore } from '../../harness/old-schema.ts'
import { loadOldBatches } from '../../harness/old-tables.ts'
import { runProcess, spawnProcess } from '../../harness/process.ts'
import { testSystem } from '../../harness/system.ts'
import { waitFor } from '../../harness/wait.ts'

t.test('a migrator that runs again on the first day of the next month creates the missing month, beside an open batch', async t => {
  const db = await database(t)
  const run = (aheadMs: number) => runProcess(t, 'migrate', {
    DATABASE_URL: db.url('migrator'), PRICES_FIRST_MONTH: monthAhead(0), PRICES_MONTHS_AHEAD: '2', ...wrongClock(aheadMs),
  })
  const monthsFrom = async (): Promise<string[]> => (await db.migrator<Array<{ month: string }>>`
    select month::text from price_months where month >= ${monthAhead(0)} order by month`).map(({ month }) => month)

  const first = await run(0)
  t.equal(first.code, 0, first.output)
  t.same(await monthsFrom(), [0, 1, 2].map(ahead => monthAhead(ahead)))

  const untilNextRunMs = Date.parse(monthAhead(1)) + 4 * 3_600_000 - Date.now()
  const second = await db.migrator.begin(async tx => {
    await tx`lock table prices in row exclusive mode` // as the COPY of a batch does
    return await run(untilNextRunMs)
  })
  t.equal(second.code, 0, second.output)
  t.same(await monthsFrom(), [0, 1, 2, 3].map(ahead => monthAhead(ahead)), 'one more, and the earlier ones remain')
})

const oneMonth = { PRICES_FIRST_MONTH: monthAhead(0), PRICES_MONTHS_AHEAD: '1' }
const months = ['2021-01-01', '2021-02-01']

t.test('on data of release 0.1.0, the migrator exits with 1 while a process of it is connected, and converts in the first run after', async t => {
  const { open, url, name } = await emptyDatabase(t)
  const sql = open()
  await migrateAsBefore(sql, months)
  await loadOldBatches(sql, { batches: 2, lanes: 2, prices: 2, months })
  await sql`drop table prices_2021_02`
  const run = () => runProcess(t, 'migrate', { DATABASE_URL: url, ...oneMonth })
  const older = postgres(urlFor(testSystem().postgresUrl, 'rates_api', name), { max: 1, connection: { application_name: 'rates-api@0.1.0' } })
  await older`select 1`
  t.match(await run(), { code: 1, output: /rates-api@0\.1\.0 is connected: deploy release 0\.2\.0 first/ })
  await older.end()
  await waitFor(async () => (await sql`select from pg_stat_activity where application_name = 'rates-api@0.1.0'`).length === 0)
  t.match(await run(), { code: 0, output: /prices are converted to the ledger.*"laneDays":\d+.*sums of lane_months without prices are kept in wide_merged_sums/s })
  t.match(await run(), { code: 0, output: /"applied":\[\]/ })
  t.same(await sql`select count(*), max(position) from applied_batches`, [{ count: 2, max: 2 }])
  t.ok(await isConverted(sql))
})

t.test('kill -9 in the middle of a piece of the conversion: the piece is not moved, and another migrator converts the rest', async t => {
  const { open, url, superuser, name } = await emptyDatabase(t)
  const sql = open()
  await migrateAsBefore(sql, months)
  await loadOldBatches(sql, { batches: 4, lanes: 30, prices: 5, months })
  await migrate(sql, ledgerMigrations)
  const contents = async (): Promise<unknown> => [await readLaneDays(sql), await readPrices(sql)]
  const before = await contents()
  const release = await holdLocks(open(), "select from lane_months where month = '2021-02-01' limit 1 for update")
  const migrating = spawnProcess(t, 'migrate', { DATABASE_URL: url, ...oneMonth })
  const sessions = () => superuser`select wait_event from pg_stat_activity where datname = ${name} and starts_with(application_name, 'migrate@')`
  await waitFor(async () => (await sessions()).some(({ wait_event: event }) => event === 'transactionid')) // it has deleted the prices of the piece, and subtracts their sums
  await migrating.kill('SIGKILL')
  t.same(await contents(), before)
  t.same(await sql`select count(*) from prices`, [{ count: 600 }], 'one month of two is converted')
  await release()
  await waitFor(async () => (await sessions()).length === 0)
  t.same(await sql`select count(*) from prices`, [{ count: 600 }], 'the server has rolled back the piece')
  t.same(await contents(), before)
  t.match(await runProcess(t, 'migrate', { DATABASE_URL: url, ...oneMonth }), { code: 0 })
  t.ok(await isConverted(sql))
  t.same(await contents(), before)
})
