import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import t, { type Test } from 'tap'
import type { Manifest } from '../../lib/batch/batch.ts'
import { createManifest } from '../../lib/batch/create-manifest.ts'
import { mergeAll } from '../../lib/ledger/merge/merge-all.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { seededRandom } from '../../lib/sample/random.ts'
import { averagePrices } from '../../services/rates-api/rates/average-prices.ts'
import type { LaneQuery, MonthTotals } from '../../services/rates-api/rates/lane-totals.ts'
import { applier } from '../harness/corrections.ts'
import type { TestDatabase } from '../harness/database.ts'
import { queryOf, sides, somePrice, totalsOfPrices, type Sides } from '../harness/lane-queries.ts'
import { pipeline } from '../harness/pipeline.ts'
import { storeContent } from '../harness/stored-content.ts'
import { load, type Price } from '../harness/prices.ts'
import { createDatabase, temporaryServer, unsafeSettings, type Server } from '../harness/server.ts'
import { standbyOf } from '../harness/standby.ts'
import { waitFor } from '../harness/wait.ts'

// Readers of a primary and of a streaming standby run the statements of `GET /rates` while one batch replaces another, 1,000 times, beside merging:
// each read has the prices of one batch, whole, and no later read has those of an earlier one.

const replacements = 1_000
const months = ['2021-01']
const lanes = ['CNGGZ,EETLL', 'CNGGZ,EEMUG', 'CNTAC,EETLL']
/** Pause of a reader between two reads, in milliseconds: the workers share the processor. */
const pauseMs = 5
const firstDay = 10
const days = 10

/** Returns the file of a version: the same lanes and days, and a price of its own. */
const fileOf = (version: number): string => ['orig_code,dest_code,day,price', ...lanes.flatMap(lane =>
  Array.from({ length: days }, (_, day) => `${lane},2021-01-${firstDay + day},${1_000 + version}`)), ''].join('\n')
const centsOf = (version: number): bigint => BigInt(100_000 + 100 * version)

/** `rest` are the sums of the prices that no batch replaces, and `perDay` is the number of prices of a version on each of its days. */
type Query = { query: LaneQuery, rest: MonthTotals, perDay: number }

/** Returns the version whose prices a read has, or what is wrong with it. */
function versionIn (read: MonthTotals, { rest, perDay }: Query): number | string {
  const cents = read.cents.map((sum, day) => sum - rest.cents[day]!)
  const counts = read.counts.map((count, day) => count - rest.counts[day]!)
  const version = Number(cents[firstDay - 1]! / BigInt(perDay) - centsOf(0)) / 100
  const perDayIn = (day: number): number => day >= firstDay - 1 && day < firstDay - 1 + days ? perDay : 0
  const isWhole = counts.every((count, day) => count === perDayIn(day)) &&
    cents.every((sum, day) => sum === BigInt(perDayIn(day)) * centsOf(Math.floor(version)))
  return isWhole ? version : `counts ${counts.join()}, cents ${cents.join()}`
}

t.test('1,000 replacements: a reader sees the old or the new prices', async t => {
  // Commits are durable, so that the standby receives each of them.
  const primary = await temporaryServer({ ...unsafeSettings, synchronous_commit: 'on' })
  t.teardown(() => primary.remove())
  await createDatabase(primary, 'freight', '2020-12-01', '2021-01-01')
  const standby = await standbyOf(primary, { hot_standby_feedback: 'on', wal_receiver_status_interval: '1s' })
  t.teardown(() => standby.remove())
  const open = (server: Server, login: string): Sql => {
    const sql = openDatabase({ url: server.url(login, 'freight'), process: 'test', poolSize: 3 })
    t.teardown(() => sql.end({ timeout: 0 }))
    return sql
  }
  const it = await pipeline(t)
  const { sql, deliver } = applier({ ...it, db: { open: login => open(primary, login) } as TestDatabase })
  const rest: Price[] = Array.from({ length: 200 }, () => somePrice(seededRandom(48), months))
  await load(open(primary, 'migrator'), rest)
  const queryBetween = (side: Sides, perDay: number): Query =>
    ({ query: queryOf(side, months), rest: totalsOfPrices(side, months, rest)[0]!, perDay })
  const queries = [queryBetween(sides[0]!, 1), queryBetween(sides[4]!, lanes.length)]

  /** Stores the file of a version, as an acceptance does, and returns its manifest. */
  const store = async (version: number, replaces?: string[]): Promise<Manifest> => {
    const stored = await storeContent(it.store, fileOf(version), { provider: 'demo' })
    return createManifest(stored, { provider: 'demo', mode: 'apply', key: `version-${version}`, replaces })
  }
  let current = await store(0)
  t.equal(await deliver(current), 'applied')
  const committed = { version: 0 }
  await waitFor(async () => versionIn((await averagePrices(open(standby, 'rates_api'), queries[0]!.query)).months[0]!, queries[0]!) === 0)

  const [onPrimary, onStandby] = [open(primary, 'rates_api'), open(standby, 'rates_api')]
  const readers = [startReader(t, onPrimary, queries, () => committed.version), startReader(t, onStandby, queries, () => 0)]
  const merging = startMerging(t, open(primary, 'ingestion_worker'))
  for (let version = 1; version <= replacements; version++) {
    const next = await store(version, [current.id])
    if (await deliver(next) !== 'applied') return t.fail(`version ${version} was not applied`)
    committed.version = version
    current = next
  }
  await Promise.all(readers.map(({ sees }) => sees(replacements)))
  t.ok(await merging.stop() > 0, 'rows were merged meanwhile')
  for (const [index, { stop }] of readers.entries()) {
    const { reads, versions } = await stop()
    t.ok(versions > 20, `${index === 0 ? 'primary' : 'standby'}: ${reads} reads saw ${versions} versions`)
  }
  t.same(await sql`select state, count(*)::int from batches group by 1 order by 1`,
    [{ state: 'applied', count: 1 }, { state: 'withdrawn', count: replacements }])
})

/**
 * Reads until it is stopped. A read of a part fails the test, and so does one of an earlier version than the read before, or than `committed` had
 * returned before.
 */
function startReader (t: Test, sql: Sql, queries: readonly Query[], committed: () => number) {
  const stopping = new AbortController()
  const seen = new Set<number>()
  let [reads, latest] = [0, 0]
  const reading = (async () => {
    while (!stopping.signal.aborted) {
      const query = queries[reads++ % queries.length]!
      const oldest = Math.max(latest, committed())
      const version = versionIn((await averagePrices(sql, query.query)).months[0]!, query)
      if (typeof version === 'string' || version < oldest) {
        stopping.abort()
        return t.fail(`a read after version ${oldest} has ${version}`)
      }
      latest = version
      seen.add(version)
      await wait(pauseMs)
    }
  })()
  const stop = async (): Promise<{ reads: number, versions: number }> => {
    stopping.abort()
    await reading
    return { reads, versions: seen.size }
  }
  t.teardown(stop)
  const sees = (version: number): Promise<void> => waitFor(() => latest === version || stopping.signal.aborted) // also after a wrong read
  return { stop, sees }
}

/** Merges until it is stopped, and then returns the number of rows that were merged. */
function startMerging (t: Test, worker: Sql): { stop: () => Promise<number> } {
  const stopping = new AbortController()
  let rows = 0
  const merging = (async () => {
    while (!stopping.signal.aborted) rows += (await mergeAll(worker)).rows
  })()
  const stop = async (): Promise<number> => {
    stopping.abort()
    await merging
    return rows
  }
  t.teardown(stop)
  return { stop }
}
