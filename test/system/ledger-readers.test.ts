import type { Sql } from 'postgres'
import t, { type Test } from 'tap'
import { convert } from '../../lib/ledger/convert.ts'
import type { LaneMonth } from '../../lib/ledger/merge/due.ts'
import { mergeAll } from '../../lib/ledger/merge/merge-all.ts'
import { mergeLanes } from '../../lib/ledger/merge/step.ts'
import { mergingTables, vacuumDue } from '../../lib/ledger/merge/vacuum.ts'
import { isConverted } from '../../lib/ledger/unconverted.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { seededRandom, shuffle } from '../../lib/sample/random.ts'
import { queryOf, sides, somePrice, totalsOfPrices } from '../harness/lane-queries.ts'
import { pauseAtWrites } from '../harness/lock.ts'
import { load, loadOld, type Price } from '../harness/prices.ts'
import { openReader, startReaders, type Expected, type Readers } from '../harness/rates-readers.ts'
import { createDatabase, temporaryServer, unsafeSettings, type Server } from '../harness/server.ts'
import { standbyOf } from '../harness/standby.ts'
import { waitFor } from '../harness/wait.ts'

// Readers of a primary and of a streaming standby run the statements of `GET /rates`: merging and converting changes no sum and ends no statement.

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
/** Vacuums the sums of before the ledger as autovacuum does. */
const vacuumSums = (): Promise<unknown> => sql`vacuum lane_months, full_lane_months`

/** Repeats a VACUUM until no row is dead: the standby reports once a second which rows its readers may still need. */
async function untilVacuumed (vacuum: () => Promise<unknown>, tables: string): Promise<void> {
  await waitFor(async () => {
    await vacuum()
    const [row] = await sql`select sum(n_dead_tup)::int as dead from pg_stat_user_tables where relname ~ ${tables}`
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
  await besideOpenReaders(t, [standby], 'read committed', () => untilVacuumed(vacuumMerging, 'merged'))
})

t.test('a conversion that pauses before its writes to the sums, beside merging, and VACUUM', async t => {
  for (const table of ['lane_months', ...Array<'full_lane_months'>(5).fill('full_lane_months')] as const) {
    const prices = batch()
    await loadOld(sql, prices, table)
    all.push(...prices)
  }
  const { readAgain, stop } = await startBoth(t)
  await besideOpenReaders(t, [primary, standby], 'repeatable read', async () => {
    const { pauses } = await pauseAtWrites(sql, ['lane_months', 'full_lane_months'], convertBesideMerging, readAgain)
    t.same(pauses, ['lane_months', 'full_lane_months'])
    t.ok(await isConverted(sql))
    await vacuumSums()
    await readAgain()
  })
  t.comment(`${await stop()} rounds`)
  await besideOpenReaders(t, [standby], 'read committed', () => untilVacuumed(vacuumSums, 'lane_months'))
})

/** Converts everything, and merges before some of the pieces. A pause may be longer than the wait of the conversion for a lock. */
async function convertBesideMerging (): Promise<void> {
  let pieces = 0
  for (let isDone = false; !isDone;) {
    isDone = await convert({
      sql: workers[0]!,
      before: async () => { if (++pieces % 4 === 0) await mergeAll(workers[1]!) },
    }).catch((error: { code?: string }) => {
      if (error.code !== '55P03') throw error
      return false
    })
  }
}
