import t from 'tap'
import { estimateUnconverted, isConverted } from '../../../../lib/ledger/unconverted.ts'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { untilCapacity } from '../../../../services/ingestion-worker/convert/capacity.ts'
import { convertUntil } from '../../../../services/ingestion-worker/convert/convert.ts'
import { watchUnconverted } from '../../../../services/ingestion-worker/convert/publish-unconverted.ts'
import { beforeSwitch, database } from '../../../harness/database.ts'
import { loadOldBatches } from '../../../harness/old-tables.ts'
import { silent } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'

const months = ['2021-01-01', '2021-02-01']

t.test('several workers convert after the switch, one at a time, beside a batch; one that stops leaves the rest to the others', async t => {
  const db = await database(t)
  const sql = db.migrator
  await beforeSwitch(sql)
  await loadOldBatches(sql, { batches: 8, lanes: 20, prices: 5, months })
  await sql`update lane_months set counts[3] = counts[3] + 2 where ctid = (select min(ctid) from lane_months)`
  await sql`update batches set state = 'processing' where number = (select max(number) from batches)`
  const metrics = openMetrics('ingestion-worker')
  const stops = [1, 2, 3].map(() => new AbortController())
  const loops = stops.map(({ signal }) => convertUntil({ sql: db.open('ingestion_worker'), log: silent, metrics, convertEveryMs: 20 }, signal))
  const position = async (): Promise<unknown> => (await sql`select position from ledger_position`)[0]
  const superuser = db.open('postgres')
  const looks = async (): Promise<unknown[]> => (await superuser`
    select query_start::text from pg_stat_activity
    where datname = ${db.name} and usename = 'ingestion_worker' and query like '%switched_at%'`).map(row => row.query_start)
  let first: unknown[] = []
  await waitFor(async () => (first = await looks()).length === 3)
  await waitFor(async () => (await looks()).filter(at => !first.includes(at)).length === 3)
  t.same(await sql`select count(*) from prices`, [{ count: 1_600 }], 'nothing is moved before the switch')
  await sql`select switch_ledger()`
  const before = await position()
  await waitFor(async () => (await sql`select from unmerged_prices limit 1`).length > 0)
  stops[0]!.abort()
  await loops[0]
  await waitFor(() => isConverted(sql))
  for (const stop of stops) stop.abort()
  await Promise.all(loops)
  t.same(await sql`select count(*), sum(octet_length(days))::int as prices from unmerged_prices`, [{ count: 320, prices: 1_600 }])
  t.same(await sql`select count(*) from batch_lanes`, [{ count: 16 }])
  t.equal(await valueOf(metrics, 'freight_ledger_kept_sums_total'), 1)
  t.same(await position(), before, 'conversion takes no position: kept responses stay valid')
})

t.test('conversion waits while merging reduces many unmerged rows, and not for rows that merging leaves', async t => {
  const db = await database(t)
  const sql = db.migrator
  await sql`
    insert into unmerged_prices (month, orig_code, dest_code, runs, days, cents)
    select '2021-01-01', 'CNGGZ', 'EETLL', int8send(at) || int4send(1), '\\x01', int4send(5) from generate_series(1, 110000) as at`
  await waitFor(async () => (await sql`select n_live_tup from pg_stat_user_tables where relid = 'unmerged_prices'::regclass`)[0]!.n_live_tup === 110_000)
  const worker = db.open('ingestion_worker')
  const stopping = new AbortController()
  const stopped = untilCapacity(worker, 0, stopping.signal)
  stopping.abort()
  await t.rejects(stopped, { name: 'AbortError' })
  await t.rejects(untilCapacity(worker, 0, stopping.signal), { name: 'AbortError' }, 'a worker that stops begins no piece')
  const { signal } = new AbortController()
  await untilCapacity(worker, 0, signal)
  let hasCapacity = false
  const merged = untilCapacity(worker, 0, signal).then(() => { hasCapacity = true })
  const superuser = db.open('postgres')
  const looks = new Set<string>()
  await waitFor(async () => {
    await sql`
      with merged as (delete from unmerged_prices where ctid = (select ctid from unmerged_prices limit 1) returning 1)
      select pg_stat_force_next_flush() from merged`
    for (const { at } of await superuser<Array<{ at: string }>>`
      select query_start::text as at from pg_stat_activity
      where datname = ${db.name} and usename = 'ingestion_worker' and query like '%n_live_tup%'`) looks.add(at)
    return looks.size >= 4
  })
  t.notOk(hasCapacity)
  await sql`delete from unmerged_prices where runs >= int8send(50000)`
  await merged
})

t.test('the metrics say how many prices are left and since when none was moved', async t => {
  const db = await database(t)
  const sql = db.migrator
  const metrics = openMetrics('ingestion-worker')
  let ms = 0
  const publish = watchUnconverted({ sql: db.open('ingestion_worker'), metrics }, () => ms)
  const published = async (): Promise<Array<number | undefined>> => {
    await publish()
    return [await valueOf(metrics, 'freight_ledger_unconverted_prices'), await valueOf(metrics, 'freight_ledger_conversion_stalled_seconds')]
  }
  t.same(await published(), [0, 0])
  await loadOldBatches(sql, { batches: 1, lanes: 4, prices: 5, months })
  await waitFor(async () => await estimateUnconverted(sql) === 40)
  t.same(await published(), [40, 0])
  ms = 60_000
  t.same(await published(), [40, 60], 'none was moved')
  await sql`delete from prices where ctid in (select ctid from prices where day < '2021-02-01' limit 5) and day < '2021-02-01'`
  await waitFor(async () => await estimateUnconverted(sql) === 35)
  t.same(await published(), [35, 0])
  await beforeSwitch(sql)
  ms = 120_000
  t.same(await published(), [35, 0], 'before the switch none is to be moved')
})
