import type { Sql } from 'postgres'
import { openDatabase } from '../lib/postgres/database.ts'
import { openBench, type Applier } from './measure/appliers.ts'
import { checkout, releaseBefore, thisCheckout } from './measure/checkout.ts'
import { lanesCsv } from './measure/csv.ts'
import { mergeAll } from './measure/merging.ts'
import { record } from './measure/results.ts'

/**
 * Measures the bytes and the WAL of a price, of this release and of the release before: of batches with 80 prices a lane, and of daily sheets of
 * one price a lane.
 *
 * - Bytes are the growth of the tables and their indexes from empty. Merging and VACUUM leave free space in the files, which new rows reuse,
 *   so the bytes without the free space of the tables are stated too.
 * - WAL is all that a sequence of batches writes, with a checkpoint before it, so that a page of either release is written as a whole once, at
 *   its first change. It is also measured without such full-page images. Autovacuum is off: this release merges whenever a lane has 8 rows,
 *   and the release before vacuums once at the end.
 */
const [lanes, prices, sheetLanes, days] = [712, 80, 5_000, 30]
const tables = {
  ours: "relname in ('unmerged_prices', 'merged_sums', 'batch_lanes') or relname like 'merged_prices%'",
  theirs: "relname in ('lane_months', 'full_lane_months') or relname like 'prices%'",
}
type Side = { name: keyof typeof tables, applier: Applier, worker: Sql, owner: Sql, superuser: Sql, empty: number }
const bench = await openBench({ autovacuum: 'off', checkpoint_timeout: '1h' })
const before = checkout(releaseBefore)
const batch = bench.file('batch.csv', lanesCsv({ lanes, prices }))
const sheets = Array.from({ length: days }, (_, at) => bench.file(`sheet-${at}.csv`, lanesCsv({ lanes: sheetLanes, day: at + 1 })))

for (const name of ['ours', 'theirs'] as const) {
  const label = name === 'ours' ? '' : `, release before (${releaseBefore})`
  const one = await open(name, 'one')
  await apply(one, [batch])
  record(`bytes a price, one batch of ${prices} prices a lane${label}`, [await bytes(one) / lanes / prices], name === 'ours' ? '≤ 10' : null)
  for (let left = 9; left > 0; left--) await apply(one, [batch])
  await mergeOurs(one, 1)
  await recordBytes(one, `ten batches of ${prices} prices a lane, merged`, 10 * lanes * prices, '≤ 9')
  await close(one)

  const daily = await open(name, 'daily')
  for (const sheet of sheets) {
    await apply(daily, [sheet])
    await mergeOurs(daily, 8)
  }
  await mergeOurs(daily, 1)
  await recordBytes(daily, 'a month of daily sheets of one price a lane, merged', days * sheetLanes, '≤ 45')
  await close(daily)
}

const wal: Record<string, number> = {}
for (const images of ['on', 'off']) {
  for (const name of ['ours', 'theirs'] as const) {
    const side = await open(name, `wal_${images}`)
    await side.superuser.unsafe(`alter system set full_page_writes = ${images}`)
    await side.superuser`select pg_reload_conf()`
    for (const [what, files, count] of [[`batches of ${prices} prices a lane`, Array<string>(24).fill(batch), 24 * lanes * prices], ['daily sheets', sheets, days * sheetLanes]] as const) {
      await side.superuser`checkpoint`
      const start = await position(side)
      for (const file of files) {
        await apply(side, [file])
        await mergeOurs(side, 8)
      }
      if (name === 'theirs') await side.owner`vacuum`
      wal[`${name} ${what} ${images}`] = (await position(side) - start) / count
    }
    await close(side)
  }
  for (const what of [`batches of ${prices} prices a lane`, 'daily sheets']) {
    const [ours, theirs] = [wal[`ours ${what} ${images}`]!, wal[`theirs ${what} ${images}`]!]
    const how = images === 'on' ? 'a checkpoint before' : 'without full-page images'
    record(`WAL bytes a price, ${what}, ${how}`, [ours])
    record(`WAL a price, ${what}, ${how} ÷ release before (${releaseBefore})`, [ours / theirs], '≤ 0.6')
  }
}
await bench.remove()

async function open (name: keyof typeof tables, kind: string): Promise<Side> {
  const database = `${name}_${kind}`
  const applier = await bench.applier(name === 'ours' ? thisCheckout : before, database)
  const [worker, owner, superuser] = (['ingestion_worker', 'migrator', 'postgres'] as const).map(login =>
    openDatabase({ url: bench.server.url(login, database), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })) as [Sql, Sql, Sql]
  const side = { name, applier, worker, owner, superuser, empty: 0 }
  side.empty = await bytes(side)
  return side
}

async function close ({ worker, owner, superuser }: Side): Promise<void> {
  for (const sql of [worker, owner, superuser]) await sql.end()
}

async function apply ({ applier }: Side, files: string[]): Promise<void> {
  for (const file of files) await applier.prepare(file)
  await applier.apply()
}

async function mergeOurs ({ name, worker }: Side, minRows: number): Promise<void> {
  if (name === 'ours') await mergeAll(worker, minRows)
}

async function recordBytes (side: Side, what: string, count: number, aim: '≤ 9' | '≤ 45'): Promise<void> {
  const all = await bytes(side)
  if (side.name === 'theirs') return record(`bytes a price, ${what}, release before (${releaseBefore})`, [all / count])
  await side.superuser`create extension pgstattuple`
  const [{ free }] = await side.superuser.unsafe<[{ free: number }]>(`
    select sum(free_space)::float as free from pg_class cross join pgstattuple(oid) where relkind = 'r' and relnamespace = 'public'::regnamespace and (${tables.ours})`)
  record(`bytes a price, ${what}`, [all / count], aim)
  record(`bytes a price, ${what}, without free space that new rows reuse`, [(all - free) / count], aim)
}

/** Returns the bytes of all tables of prices and sums, less those of the empty tables. */
async function bytes ({ name, owner, empty }: Side): Promise<number> {
  const [row] = await owner.unsafe<[{ bytes: number }]>(`
    select sum(pg_total_relation_size(oid))::float as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and (${tables[name]})`)
  return row.bytes - empty
}

async function position ({ superuser }: Side): Promise<number> {
  const [row] = await superuser<[{ at: number }]>`select (pg_current_wal_insert_lsn() - '0/0')::float as at`
  return row.at
}
