import t from 'tap'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { awsProxy } from '../../../harness/aws-proxy.ts'
import { patience } from '../../../harness/patience.ts'
import { pipeline, type Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const timeoutMs = 1_000 * patience

t.test('a transaction that reaches transaction_timeout is of class wait, and from the fifth time on unknown, if no other batch is in flight', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  await limitTransactions(it)
  const poison = await it.submit(csv)
  await stall(it, poison.id)
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { metrics, waitMaxMs: 400 })
  const next = await it.submit(csv, { key: 'next' }) // of the same provider: it waits behind the first batch
  t.match(await it.settled(poison.id, 'dead_lettered'), { waits: 5, reason: /^(CONNECTION_CLOSED|25P04): / })
  t.equal(await valueOf(metrics, 'freight_failures_total', { class: 'wait' }), 4)
  t.equal(await valueOf(metrics, 'freight_failures_total', { class: 'unknown' }), 2, 'the fifth attempt, and the one attempt of the second receive')
  await it.settled(next.id, 'applied')
  t.equal(await it.visible(poison.id), 0)
})

t.test('a failure before transaction_timeout is not counted', async t => {
  const it = await pipeline(t)
  const superuser = it.db.open('postgres')
  await superuser.unsafe(`alter role ingestion_worker in database "${it.db.name}" set transaction_timeout = '1h'`)
  const heldBatch = await it.submit(csv)
  await stall(it, heldBatch.id)
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { metrics, waitMaxMs: 400 })
  for (let failures = 1; failures <= 6; failures++) {
    await waitFor(async () => (await superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and usename = 'ingestion_worker' and wait_event = 'PgSleep'`).length > 0)
    await waitFor(async () => (await valueOf(metrics, 'freight_failures_total', { class: 'wait' }))! >= failures)
  }
  t.match(await it.settled(heldBatch.id, 'processing'), { waits: 0 })
})

t.test('a failure before the attempt begins is not counted, however long ago the previous attempt began', async t => {
  const proxy = await awsProxy(t)
  const it = await pipeline(t, { endpoint: proxy.endpoint })
  await limitTransactions(it)
  const held = await it.submit(csv)
  await stall(it, held.id)
  const metrics = openMetrics('ingestion-worker')
  startWorker(t, it, { metrics, waitMaxMs: 200 })
  await waitFor(async () => (await it.db.open('postgres')`
    select 1 from pg_stat_activity where datname = current_database() and usename = 'ingestion_worker' and wait_event = 'PgSleep'`).length > 0)
  // The first attempt is cancelled by transaction_timeout. Later tries fail before their attempt.
  proxy.cut(({ method, key }) => method === 'GET' && key.startsWith('batches/'))
  const failures = (of: string) => valueOf(metrics, 'freight_failures_total', { class: of })
  await waitFor(async () => (await failures('wait'))! >= 6 || (await failures('unknown') ?? 0) > 0)
  t.same([...await it.db.migrator`select waits from batches where id = ${held.id}`], [{ waits: 1 }])
  t.equal((await it.db.migrator`select 1 from batch_attempts`).length, 1)
})

async function limitTransactions ({ db }: Pipeline): Promise<void> {
  await db.open('postgres').unsafe(`alter role ingestion_worker in database "${db.name}" set transaction_timeout = ${timeoutMs}`)
}

/** Makes the last step of a batch take longer than any transaction may, from now on. */
async function stall ({ db: { migrator } }: Pipeline, id: string): Promise<void> {
  await migrator.unsafe(`
    create function stall() returns trigger language plpgsql as $$ begin
      if new.batch_id = '${id}' then perform pg_sleep(600); end if;
      return new;
    end $$;
    create trigger stall before insert on applied_batches for each row execute function stall()`).simple()
}
