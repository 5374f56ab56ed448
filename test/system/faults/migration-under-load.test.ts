import t from 'tap'
import { migrate } from '../../../lib/migrations/migrate.ts'
import { readMigrations, type Migration } from '../../../lib/migrations/migrations.ts'
import { buildRatesApi } from '../../../services/rates-api/app.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { awsProxy } from '../../harness/aws-proxy.ts'
import { pipeline, silent } from '../../harness/pipeline.ts'
import { startProcess, type Process } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const path = '/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'
const known = readMigrations()

/** What a later release may do to every table while this release runs. */
const expanding: Migration = {
  number: known.length + 1, name: 'expanding', sha256: 'expanding', oldestRelease: null,
  text: `
    alter table unmerged_prices add column currency text not null default 'USD';
    alter table merged_prices add column currency text not null default 'USD';
    alter table merged_sums add column currency text not null default 'USD';
    alter table ledger_position add column note text;
    alter table batches add column note text;
    create index batches_note on batches (note);
    alter table batch_attempts add column region text;
    alter table applied_batches add column release text`,
}

t.test('an expanding migration in the middle of batches and reads: it waits for them, they do not wait for it, and the running release continues', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t)
  const start = (): Promise<Process> => startProcess(t, 'ingestion-worker', {
    ...it.aws.env, AWS_ENDPOINT_URL: proxy.endpoint, DATABASE_URL: it.db.url('ingestion_worker'), RECEIVE_SECONDS: '1',
  })
  const old = await start()
  const rates = await buildRatesApi({
    connect: () => it.db.open('rates_api'), log: silent, keys: null,
    limits: {
      maxDays: 366, asOf: { keepDays: 400, maxPrices: 5_000_000 },
      cacheBytes: 0, connections: 4, maxWaiting: 100, limitMs: 4_000, maxLagMs: 10_000, probeEveryMs: 1_000,
    },
  })
  t.teardown(() => rates.close())
  const statuses: number[] = []
  const batches: string[] = []
  const stop = new AbortController()
  const read = async (): Promise<void> => { while (!stop.signal.aborted) statuses.push((await rates.inject(path)).statusCode) }
  const send = async (provider: string): Promise<void> => {
    for (let batch = 0; !stop.signal.aborted; batch++) {
      const { id } = await it.submit(csv, { provider, key: `batch ${batch}` })
      batches.push(id)
      await it.settled(id, 'applied')
    }
  }
  const load = [read(), send('north')]
  await waitFor(() => batches.length > 3)

  // A batch in the middle of its transaction: the migration cannot get its locks before the batch is finished.
  const payload = proxy.hold(({ key }) => key.startsWith('incoming/slow/'), 'response')
  const slow = await it.submit(csv, { provider: 'slow' })
  await payload.reached
  const superuser = it.db.open('postgres')
  const [locked, unlocked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const locking = superuser.begin(async tx => {
    await tx`select from batches where id = ${slow.id} for update`
    locked.resolve()
    await unlocked.promise
  })
  await locked.promise
  payload.release()
  await waitFor(async () => (await superuser`
    select from pg_locks where relation = 'unmerged_prices'::regclass and mode = 'RowExclusiveLock'
      and pid in (select pid from pg_stat_activity where datname = ${it.db.name} and wait_event_type = 'Lock' and query like '%update batches set state%')`).length > 0)
  const sql = openDatabase({ url: it.db.url('migrator'), process: 'migrate', poolSize: 1, statementTimeoutMs: 0 })
  t.teardown(() => sql.end({ timeout: 1 }))
  const migrated = migrate(sql, [...known, expanding])
  const waits = async (): Promise<boolean> => (await superuser`
    select 1 from pg_stat_activity where datname = ${it.db.name} and application_name like 'migrate@%' and wait_event = 'relation'`).length > 0
  for (let round = 0; round < 2; round++) {
    await waitFor(waits)
    const [responses, applied] = [statuses.length, batches.length]
    await waitFor(() => statuses.length > responses + 10 && batches.length > applied + 1)
  }
  unlocked.resolve()
  await locking
  t.same(await migrated, ['expanding'])
  t.match(await it.settled(slow.id, 'applied'), { note: null })

  const since = batches.length
  await waitFor(() => batches.length > since + 2)
  await old.kill('SIGTERM')
  await start() // the release without the migration
  const later = batches.length
  await waitFor(() => batches.length > later + 2)
  stop.abort()
  await Promise.all(load)

  t.same(new Set(statuses), new Set([200]))
  t.same(await it.db.migrator`select currency from unmerged_prices union select currency from merged_prices`, [{ currency: 'USD' }])
  for (const id of batches) t.equal(await it.visible(id), 1)
  const failed = await it.db.migrator`select reason from batch_attempts where outcome = 'failed'`
  t.same(failed.filter(({ reason }) => !/^(40P01|55P03)/.test(reason as string)), [], 'at most a batch waits')
})
