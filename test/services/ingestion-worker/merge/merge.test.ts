import { test, type Test } from 'tap'
import { pino } from 'pino'
import type { Sql } from 'postgres'
import { openMetrics, valueOf, type Metrics } from '../../../../lib/metrics/metrics.ts'
import { mergeUntil } from '../../../../services/ingestion-worker/merge/merge.ts'
import { database } from '../../../harness/database.ts'
import { insertUnmerged, type UnmergedRow } from '../../../harness/ledger.ts'
import { waitFor } from '../../../harness/wait.ts'
import { readSums } from '../../../harness/ledger-sums.ts'

const log = pino({ level: process.env.TEST_LOG ?? 'silent' })

/** Starts merging as a worker does. It is stopped with the test, or by the function that is returned. */
function startMerging (t: Test, sql: Sql, options: { minRows?: number, isBusy?: () => boolean, metrics?: Metrics } = {}): () => Promise<void> {
  const stopping = new AbortController()
  const { minRows = 2, isBusy = () => false, metrics = openMetrics('ingestion-worker') } = options
  const merging = mergeUntil({ sql, breaker: { untilClosed: async () => {} }, log, metrics, minRows, idleSeconds: 0.02, isBusy }, stopping.signal)
  const stop = async (): Promise<void> => {
    stopping.abort()
    await merging
  }
  t.teardown(stop)
  return stop
}

const dests = ['EETLL', 'FIHEL', 'NLRTM', 'DEHAM', 'GBFXT']
/** Rows of one batch: each lane once, some of them wide, and every fifth batch takes the prices of the one before it back. */
const batch = (number: number): UnmergedRow[] => dests.map((dest, lane) => {
  const [of, sign] = number % 5 === 4 ? [number - 1, -1] as const : [number, 1] as const
  return { batch: of, dest, sign, prices: [[1 + of % 31, BigInt(100 * of + lane)], [31, lane === of % 7 ? 999_999_999_999n : 7n]] }
})

test('a round merges all lanes that are due, and the others wait', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  const metrics = openMetrics('ingestion-worker')
  for (let number = 0; number < 9; number++) await insertUnmerged(sql, batch(number))
  await insertUnmerged(sql, [{ batch: 10, dest: 'USNYC', prices: [[1, 1n]] }])
  const before = await readSums(sql)
  startMerging(t, sql, { minRows: 8, metrics })
  await waitFor(async () => (await sql`select from unmerged_prices`).length === 1)
  t.strictSame(await readSums(sql), before)
  await waitFor(async () => await valueOf(metrics, 'freight_ledger_most_unmerged_rows') === 1)
  t.equal(await valueOf(metrics, 'freight_merged_rows_total'), 45)
  t.equal(await valueOf(metrics, 'freight_merged_prices_total'), 90)
})

test('while batches are in flight, merging waits for more rows', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  const metrics = openMetrics('ingestion-worker')
  for (let number = 0; number < 8; number++) await insertUnmerged(sql, batch(number))
  let busy = true
  startMerging(t, sql, { minRows: 8, metrics, isBusy: () => busy })
  await waitFor(async () => await valueOf(metrics, 'freight_ledger_most_unmerged_rows') === 8)
  t.equal((await sql`select from merged_prices`).length, 0)
  busy = false
  await waitFor(async () => (await sql`select from unmerged_prices`).length === 0)
})

test('rows that cannot be merged are published, and not while the database is unavailable', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  const metrics = openMetrics('ingestion-worker')
  const published = async (): Promise<number | undefined> => await valueOf(metrics, 'freight_ledger_most_unmerged_rows')
  for (let number = 0; number < 9; number++) await insertUnmerged(sql, batch(number))
  await db.migrator`revoke delete on unmerged_prices from batch_writer`
  startMerging(t, sql, { minRows: 8, metrics })
  await waitFor(async () => await published() === 9)
  await db.migrator`revoke select on unmerged_prices from batch_writer` // the scan fails too
  await waitFor(async () => await published() === undefined)
  await db.migrator`grant select, delete on unmerged_prices to batch_writer`
  await waitFor(async () => await published() === 0)
})

test('lanes that cannot be merged do not hold up the lanes behind them', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  for (let number = 0; number < 8; number++) {
    await insertUnmerged(sql, [...batch(number), ...batch(number).map(row => ({ ...row, month: '1990-01-01' }))]) // a month without a partition
  }
  startMerging(t, sql, { minRows: 8 })
  await waitFor(async () => (await sql`select from unmerged_prices where month > '1990-01-01'`).length === 0)
  t.equal((await sql`select from unmerged_prices`).length, 40)
})

test('two workers merge while batches arrive and sessions are ended: no reader sees a wrong sum', { timeout: 120_000 }, async t => {
  const db = await database(t)
  const [writer, reader] = [db.open('ingestion_worker'), db.open('rates_api')]
  const superuser = db.open('postgres')
  const expected: Record<string, string>[] = []
  const scratch = (await database(t)).open('ingestion_worker') // the same batches, never merged
  const mergers = [db.open('ingestion_worker'), db.open('ingestion_worker')]
  for (const sql of mergers) startMerging(t, sql)
  let reads = 0
  let ended = 0
  for (let number = 0; number < 60; number++) {
    await insertUnmerged(writer, batch(number))
    await insertUnmerged(scratch, batch(number))
    expected[number] = await readSums(scratch)
    for (let read = 0; read < 5; read++, reads++) {
      const found = await readSums(reader)
      if (JSON.stringify(found) !== JSON.stringify(expected[number])) t.strictSame(found, expected[number], `batch ${number}`)
    }
    if (number % 3 > 0) continue
    ended += (await superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = ${db.name} and query ~* 'merged|advisory|commit' and usename = 'ingestion_worker' and xact_start is not null`).length
  }
  t.comment(`${reads} reads, ${ended} sessions ended in a transaction`)
  await waitFor(async () => (await superuser`select from unmerged_prices`).length <= dests.length)
  t.strictSame(await readSums(reader), expected.at(-1))
  t.equal((await superuser`select orig_code, dest_code from merged_sums union select orig_code, dest_code from wide_merged_sums`).length, dests.length)
})
