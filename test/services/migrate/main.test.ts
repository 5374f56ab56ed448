import postgres from 'postgres'
import t from 'tap'
import { monthAhead } from '../../../lib/migrations/partitions.ts'
import { wrongClock } from '../../harness/clock.ts'
import { beforeSwitch, database } from '../../harness/database.ts'
import { isConverted } from '../../../lib/ledger/unconverted.ts'
import { emptyDatabase } from '../../harness/empty-database.ts'
import { migrateAsBefore } from '../../harness/old-schema.ts'
import { loadOldBatches } from '../../harness/old-tables.ts'
import { runProcess } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'

t.test('a migrator that runs again on the first day of the next month creates the missing month, beside an open batch', async t => {
  const db = await database(t)
  const run = (aheadMs: number) => runProcess(t, 'migrate', {
    DATABASE_URL: db.url('migrator'), PRICES_FIRST_MONTH: monthAhead(0), PRICES_MONTHS_AHEAD: '2', ...wrongClock(aheadMs),
  })
  const months = async (): Promise<string[]> => (await db.migrator<Array<{ month: string }>>`
    select month::text from price_months where month >= ${monthAhead(0)} order by month`).map(({ month }) => month)

  const first = await run(0)
  t.equal(first.code, 0, first.output)
  t.same(await months(), [0, 1, 2].map(ahead => monthAhead(ahead)))

  const untilNextRunMs = Date.parse(monthAhead(1)) + 4 * 3_600_000 - Date.now()
  const second = await db.migrator.begin(async tx => {
    await tx`lock table prices in row exclusive mode` // as the COPY of a batch does
    return await run(untilNextRunMs)
  })
  t.equal(second.code, 0, second.output)
  t.same(await months(), [0, 1, 2, 3].map(ahead => monthAhead(ahead)), 'one more, and the earlier ones remain')
})

/** Returns what the log of the migrator says about the ledger. */
const ledgerOf = (output: string): string | undefined => /"ledger":"([^"]+)"/.exec(output)?.[1]
const oneMonth = { PRICES_FIRST_MONTH: monthAhead(0), PRICES_MONTHS_AHEAD: '1' }

t.test('the migrator switches a system with batches, and converts its prices, in the first run', async t => {
  const { open, url } = await emptyDatabase(t)
  const sql = open()
  await migrateAsBefore(sql, ['2021-01-01'])
  await loadOldBatches(sql, { batches: 2, lanes: 2, prices: 2, months: ['2021-01-01'] })
  for (let runs = 0; runs < 2; runs++) {
    const { output } = await runProcess(t, 'migrate', { DATABASE_URL: url, ...oneMonth })
    t.equal(ledgerOf(output), 'switched before')
  }
  t.same(await sql`select count(*), max(position) from applied_batches`, [{ count: 2, max: 2 }])
  t.ok(await isConverted(sql))
})

t.test('the migrator switches a system without batches at once, and waits while an older release is connected', async t => {
  const db = await database(t)
  await beforeSwitch(db.migrator)
  const run = async () => await runProcess(t, 'migrate', { DATABASE_URL: db.url('migrator'), ...oneMonth })
  const older = postgres(db.url('rates_api'), { max: 1, connection: { application_name: 'rates-api@0.1.0' } })
  await older`select 1`
  const refused = await run()
  t.same([refused.code, ledgerOf(refused.output)], [0, 'older release connected'], 'the deployment goes on')
  await older.end()
  await waitFor(async () => (await db.migrator`select from pg_stat_activity where application_name = 'rates-api@0.1.0'`).length === 0)
  t.equal(ledgerOf((await run()).output), 'switched')
})
