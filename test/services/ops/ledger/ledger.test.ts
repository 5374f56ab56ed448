import postgres from 'postgres'
import t from 'tap'
import { convert } from '../../../../lib/ledger/convert.ts'
import { beforeSwitch, database } from '../../../harness/database.ts'
import { loadOldBatches } from '../../../harness/old-tables.ts'
import { ops } from '../../../harness/ops.ts'
import { waitFor } from '../../../harness/wait.ts'

t.test('ledger switch is refused while an older release is connected, then switches once; ledger status shows what is left', async t => {
  const db = await database(t)
  const sql = db.migrator
  await beforeSwitch(sql)
  await loadOldBatches(sql, { batches: 2, lanes: 10, prices: 5, months: ['2021-01-01'] })
  const run = (verb: string) => ops(['ledger', verb], { DATABASE_URL: db.url('ops') })
  const shows = async (pattern: RegExp): Promise<void> => await waitFor(async () => pattern.test((await run('status')).stdout)) // statistics are some seconds old
  t.match(await run('status'), { code: 0, stdout: /switched \(UTC\) +no: .*\nposition +none before the switch\n/ })
  await shows(/unconverted prices +100\n/)

  await sql`alter table ledger_position rename to hidden` // as in a database of an earlier release
  t.match(await run('status'), { code: 1, stderr: /^The database is that of an earlier release.*\n$/ })
  await sql`alter table hidden rename to ledger_position`

  const older = postgres(db.url('rates_api'), { max: 1, connection: { application_name: 'rates-api@0.1.0' } })
  await older`select 1`
  t.match(await run('switch'), { code: 1, stderr: /^Refused: rates-api@0\.1\.0 is connected: deploy release 0\.2\.0 or newer everywhere first\. Nothing was changed\.\n$/ })
  await older.end()
  await waitFor(async () => (await sql`select from pg_stat_activity where application_name = 'rates-api@0.1.0'`).length === 0)
  t.match(await run('switch'), { code: 0, stdout: /^Switched: / })
  t.match(await run('switch'), { code: 0, stdout: 'The ledger was switched before. Nothing was changed.\n' })
  t.match(await run('status'), { code: 0, stdout: /switched \(UTC\) +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\nposition +2, since / })
  t.same(await sql`select oldest_release from schema_migrations where name = '0017-ledger'`, [{ oldest_release: '0.2.0' }])

  await convert({ sql: db.open('ingestion_worker') })
  await shows(/unconverted prices +0\nunconverted sums +0\nunmerged rows +20\nmerged rows +0\n/)
})
