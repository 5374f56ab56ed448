import type { Sql } from 'postgres'
import t, { type Test } from 'tap'
import type { LaneMonth } from '../../lib/ledger/merge/due.ts'
import { mergeAll } from '../../lib/ledger/merge/merge-all.ts'
import { mergeLanes } from '../../lib/ledger/merge/step.ts'
import { mergingTables, vacuumDue } from '../../lib/ledger/merge/vacuum.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { seededRandom, shuffle } from '../../lib/sample/random.ts'
import { queryOf, sides, somePrice, totalsOfPrices } from '../harness/lane-queries.ts'
import { pauseAtWrites } from '../harness/lock.ts'
import { load, type Price } from '../harness/prices.ts'
import { openReader, startReaders, type Expected, type Readers } from '../harness/rates-readers.ts'
import { createDatabase, temporaryServer, unsafeSettings, type Server } from '../harness/server.ts'
import { standbyOf } from '../harness/standby.ts'
import { waitFor } from '../harness/wait.ts'

// Readers of a primary and of a streaming standby run the statements of `GET /rates`: merging changes no sum and ends no statement.

// Commits are durable, so that the standby receives each of them. The standby has the setting of infra/components/database/instances.ts, and ends a
// session that delays the replay for 2 s.
const primary = await temporaryServer({ ...unsafeSettings, synchronous_commit: 'on' })
t.teardown(() => primary.remove())
await createDatabase(primary, 'freight', '2020-12-01', '2021-01-01')
const standby = await standbyOf(primary, { hot_standby_feedback: 'on', wal_receiver_status_interval: '1s', max_standby_streaming_delay: '2s' })
t.teardown(() => standby.remove())

const open = (server: Server, login: string, poolSize = 1): Sql => {
  const sql = openDatabase({ url: server.url(login, 'freight'), process: 'test', poolSize })
  t.teardown(() => sql.end({ timeout: 0 }))
  return sql
}
const [sql, replica] = [open(primary, 'migrator', 5), open(standby, 'migrator')]
const workers = [1, 2, 3].map(() => open(primary, 'ingestion_worker'))

/** Resolves when the standby has replayed all that was committed before. */
async function untilReplayed (): Promise<void> {
  await sql`select pg_logical_emit_message(true, 'test', '')` // its commit flushes the WAL of open transactions too
  const [row] = await sql`select pg_current_wal_flush_lsn()::text as flushed`
  await waitFor(async () => (await replica`select pg_last_wal_replay_lsn() >= ${row!.flushed as string}::pg_lsn as replayed`)[0]!.replayed as boolean)
}

const months = ['2020-12', '2021-01']
const random = seededRandom(47)
const batch = (): Price[] => Array.from({ length: 40 }, () => somePrice(random, months))
/** Prices of all tests so far. Each test adds some. */
const all: Price[] = []

async function loadBatches (count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const prices = batch()
    await load(sql, prices)
    all.push(...prices)
  }
}

const expected = (): Expected[] => sides.map(side => ({ query: queryOf(side, months), months: totalsOfPrices(side, months, all) }))

/** Starts a reader of each server. It is stopped with the test. `readAgain` waits until both have read what was committed before. */
async function startBoth (t: Test): Promise<Readers> {
  await untilReplayed()
  const readers = startReaders(t, { primary: open(primary, 'rates_api'), standby: open(standby, 'rates_api') }, expected())
  return {
    ...readers,
    async readAgain () {
      await untilReplayed()
      await readers.readAgain()
    },
  }
}

/** Runs `work` while a transaction on each of the servers is open that has read before, and reads again in it. */
async function besideOpenReaders (
  t: Test, servers: Server[], isolation: 'read committed' | 'repeatable read', work: () => Promise<unknown>
): Promise<void> {
  await untilReplayed()
  const ends = await Promise.all(servers.map(server => openReader(open(server, 'rates_api'), isolation, expected())))
  await work()
  await untilReplayed()
  for (const end of ends) t.same(await end(), [], `${isolation}: reads before and after`)
}

const vacuumMerging = async (): Promise<unknown> =>
  await vacuumDue(workers[0]!, (await mergingTables(sql)).map(table => ({ ...table, dead: Infinity })))

/** Repeats a VACUUM until no row is dead: the standby reports once a second which rows its readers may still need. */
async function untilVacuumed (): Promise<void> {
  await waitFor(async () => {
    await vacuumMerging()
    const [row] = await sql`select sum(n_dead_tup)::int as dead from pg_stat_user_tables where relname ~ 'merged'`
    return row!.dead === 0
  })
}

t.test('a merge that pauses before each of its writes', async t => {
  await loadBatches(4)
  await mergeAll(workers[0]!) // the next merge takes these rows along
  await loadBatches(4)
  const { readAgain, stop } = await startBoth(t)
  const writes = ['unmerged_prices', 'merged_prices', 'merged_sums', 'wide_merged_sums'] as const
  const { pauses, result } = await pauseAtWrites(sql, writes, () => mergeAll(workers[1]!), readAgain)
  t.same(pauses, writes)
  t.ok(result.rows > 40, `${result.rows} rows`)
  await readAgain()
  t.comment(`${await stop()} rounds`)
})

t.test('several mergers, and VACUUM', async t => {
  await loadBatches(30)
  const { readAgain, stop } = await startBoth(t)
  await besideOpenReaders(t, [primary, standby], 'repeatable read', async () => {
    const lanes = await sql<LaneMonth[]>`select distinct kind, month::text, orig_code as orig, dest_code as dest from unmerged_prices`
    const mergeIn = async (worker: Sql, order: readonly LaneMonth[]): Promise<void> => {
      for (const lane of order) await mergeLanes(worker, { ...lane, lanes: [lane] })
    }
    await Promise.all(workers.map((worker, seed) => mergeIn(worker, shuffle([...lanes], seededRandom(seed)))))
    await mergeIn(workers[0]!, lanes) // lanes that each worker has left to another one
    t.same(await sql`select count(*) from unmerged_prices`, [{ count: 0 }])
    await vacuumMerging()
    await readAgain()
  })
  t.comment(`${await stop()} rounds`)
  await besideOpenReaders(t, [standby], 'read committed', untilVacuumed)
})
