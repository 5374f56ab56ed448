import { once } from 'node:events'
import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { switchLedger } from '../../../lib/ledger/switch.ts'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { schemaState } from '../../../lib/migrations/schema.ts'
import { urlFor } from '../../harness/database.ts'
import { emptyDatabase } from '../../harness/empty-database.ts'
import { loadOldBatches } from '../../harness/old-tables.ts'
import { ledgerMigrations, migrateAsBefore, oldMigrations } from '../../harness/old-schema.ts'
import { testSystem } from '../../harness/system.ts'
import { waitFor } from '../../harness/wait.ts'

const months = ['2021-01-01']

/** Creates a database of release 0.2.0 before the switch, with batches of release 0.1.0. */
async function beforeSwitch (t: Test, { batches = 1, lanes = 1 } = {}) {
  const { name, open } = await emptyDatabase(t)
  const sql = open()
  await migrateAsBefore(sql, months)
  const numbers = await loadOldBatches(sql, { batches, lanes, prices: 1, months })
  await migrate(sql, ledgerMigrations)
  return { sql, open, numbers, name }
}

t.test('the switch gives earlier batches positions in the order of their commits, ends writing to the old tables, and is done once', async t => {
  const { sql } = await beforeSwitch(t, { batches: 5, lanes: 2 })
  await sql`update applied_batches set applied_at = applied_at + interval '1 hour' where batch_id = (select id from batches order by number limit 1)`
  await sql`update applied_batches set applied_at = clock_timestamp() + interval '1 day' where batch_id = (select id from batches order by number limit 1 offset 2)`
  t.same(await schemaState(sql, oldMigrations, '0.1.0'), { missing: 0, refusal: null }, 'until the switch, the release before may start')
  t.equal(await switchLedger(sql), true)
  t.same(await sql`select position, number - min(number) over () as batch from applied_batches join batches on id = batch_id order by position`, [
    { position: 1, batch: 1 }, { position: 2, batch: 3 }, { position: 3, batch: 4 }, { position: 4, batch: 0 }, { position: 5, batch: 2 },
  ])
  t.same(await sql`select position, at >= (select max(applied_at) from applied_batches) as is_last from ledger_position`, [{ position: 5, is_last: true }])
  t.match(await schemaState(sql, oldMigrations, '0.1.0'), { refusal: /0017-ledger, which needs release 0\.2\.0 or newer; this is 0\.1\.0/ })
  t.equal(await switchLedger(sql), false)
})

t.test('the switch is refused while an older release is connected', async t => {
  const { sql, name } = await beforeSwitch(t)
  const older = postgres(urlFor(testSystem().postgresUrl, 'rates_api', name), { max: 1, connection: { application_name: 'rates-api@0.1.0' } })
  await older`select 1`
  await t.rejects(switchLedger(sql), { code: '55006', message: 'rates-api@0.1.0 is connected: deploy release 0.2.0 or newer everywhere first' })
  t.same(await sql`select switched_at from ledger_position`, [{ switched_at: null }])
  await older.end()
})

t.test('the switch takes longer than a statement may', async t => {
  const { sql: owner, name } = await beforeSwitch(t)
  await owner`create function slow () returns trigger language plpgsql as $$ begin perform pg_sleep(0.6); return null; end $$`
  await owner`create trigger slow after update on applied_batches for each statement execute function slow()`
  const sql = openDatabase({ url: urlFor(testSystem().postgresUrl, 'migrator', name), process: 'test', poolSize: 1, statementTimeoutMs: 500 })
  t.teardown(() => sql.end())
  t.equal(await switchLedger(sql), true)
})

t.test('the switch waits for an open transaction that has written; a writer that wakes after it gets 42501 and applies nothing', async t => {
  const { sql, open, numbers: [batch] } = await beforeSwitch(t)
  const id = (await sql`select id from batches where number = ${batch!}`)[0]!.id as string
  const [frozen, writer] = [1, 2].map(() => open('ingestion_worker')) as [Sql, Sql]

  await frozen`begin`
  await frozen`select * from batches where id = ${id}`
  await writer`begin`
  const copy = await writer`copy prices (orig_code, dest_code, day, price, batch_number) from stdin`.writable()
  copy.end('CNSHG\tNLRTM\t2021-01-05\t5\t999\n')
  await once(copy, 'finish')
  await writer`select 1`

  let hasSwitched = false
  const switching = switchLedger(sql).then(() => { hasSwitched = true })
  const reader = open() // the switch has the other connection
  await waitFor(async () => (await reader`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).length > 0)
  t.notOk(hasSwitched)
  t.same(await reader`select count(*) from prices where batch_number = 999`, [{ count: 0 }])
  await writer`commit`
  await switching
  t.same(await sql`select count(*) from prices where batch_number = 999`, [{ count: 1 }], 'what had been written is kept')

  for (const write of [
    () => frozen`insert into prices values ('CNSHG', 'NLRTM', '2021-01-05', 5, 1000)`,
    () => frozen`insert into lane_months values ('CNSHG', 'NLRTM', '2021-01-01', array_fill(0, array[31]), array_fill(0::bigint, array[31])) on conflict do nothing`,
  ]) {
    await t.rejects(write(), { code: '42501' })
    await frozen`rollback`
    await frozen`begin`
  }
  await frozen`rollback`
  t.same(await sql`select count(*) from prices where batch_number = 1000`, [{ count: 0 }])
})
