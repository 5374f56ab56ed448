import t from 'tap'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { readMigrations, type Migration } from '../../../lib/migrations/migrations.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const known = readMigrations()
/** Held by the test while the index is built. */
const buildLock = 4_711
const index: Migration = {
  number: known.length + 1, name: 'index', sha256: 'index', oldestRelease: null,
  text: 'create index concurrently batches_slow on batches (held(id))',
  statements: ['create index concurrently batches_slow on batches (held(id))'],
}

t.test('an index on a large table: batches and reads continue while it is built and while it waits, and a migrator that is terminated is repeated', async t => {
  const it = await pipeline(t)
  const superuser = it.db.open('postgres')
  // A build that takes as long as the test needs: its function waits for a lock, in the migrator's session only.
  await it.db.migrator.unsafe(`
    create function held (id text) returns text language plpgsql immutable as $$
    begin
      while current_setting('application_name') like 'migrate@%' and not pg_try_advisory_xact_lock_shared(${buildLock}) loop
        perform pg_sleep(0.01); -- no wait for a lock, which would have a limit
      end loop;
      return id;
    end $$`)
  startWorker(t, it)
  let sent = 0
  const appliesAndReads = async (): Promise<void> => {
    const { id } = await it.submit(csv, { key: `batch ${sent++}` })
    await it.settled(id, 'applied')
    t.ok((await it.db.open('ingestion_api')`select id from batches order by accepted_at`).length >= sent)
  }
  await appliesAndReads()

  const start = (): Promise<string[]> => {
    const sql = openDatabase({ url: it.db.url('migrator'), process: 'migrate', poolSize: 1, statementTimeoutMs: 0 })
    t.teardown(() => sql.end({ timeout: 1 }))
    return migrate(sql, [...known, index])
  }
  const waitsFor = (event: string) => async (): Promise<boolean> => (await superuser`
    select 1 from pg_stat_activity
    where datname = ${it.db.name} and application_name like 'migrate@%' and wait_event = ${event} and query ~ '^(create|drop) index concurrently'`).length > 0
  const valid = async (): Promise<unknown> =>
    (await superuser`select indisvalid as valid from pg_index where indexrelid = to_regclass('batches_slow')`)[0]?.valid

  const holder = openDatabase({ url: it.db.url('postgres'), process: 'test', poolSize: 1 })
  t.teardown(() => holder.end({ timeout: 1 }))

  await t.test('in the middle of the build', async t => {
    await holder`select pg_advisory_lock(${buildLock})`
    const first = start()
    const rejected = t.rejects(first)
    await waitFor(waitsFor('PgSleep'))
    await appliesAndReads()
    await superuser`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${it.db.name} and application_name like 'migrate@%'`
    await rejected
    t.equal(await valid(), false, 'the rest of an interrupted build')
    t.same(await superuser`select 1 from schema_migrations where name = 'index'`, [])
    await holder`select pg_advisory_unlock(${buildLock})`
  })

  await t.test('a transaction that is open when the build begins: the build waits, other sessions do not', async t => {
    let both!: Promise<string[][]>
    await transaction(it.db.open('ingestion_worker'), async tx => {
      await tx`update batches set waits = waits`
      both = Promise.all([start(), start()])
      await waitFor(waitsFor('virtualxid'))
      await tx`select count(*) from batches`
      const other = await it.submit(csv, { key: 'beside it', provider: 'north' })
      await it.settled(other.id, 'applied')
    })
    t.same((await both).flat(), ['index'], 'by one of two migrators')
    t.equal(await valid(), true)
    t.match(await superuser`select name from schema_migrations order by number desc limit 1`, [{ name: 'index' }])
    t.same(await start(), [], 'a second run has no effect')
    await appliesAndReads()
  })
})
