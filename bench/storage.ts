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
 * - Bytes are the growth of the tables and their indexes from empty, after one month and after six. `unmerged_prices` keeps the space of the
 *   rows that merging has moved, which the rows of later months reuse: the bytes of the first month are the most.
 * - WAL is all that a sequence of batches writes, with a checkpoint before it, so that a page of either release is written as a whole once, at
 *   its first change. It is also measured without such full-page images. Autovacuum is off: this release merges whenever a lane has 8 rows,
 *   and the release before vacuums once at the end.
 */
const [lanes, prices, sheetLanes, days] = [712, 80, 20_000, 30]
const months = ['2021-01', '2021-02', '2021-03', '2021-04', '2021-05', '2021-06']
const tables = {
  ours: "relname in ('unmerged_prices', 'merged_sums', 'wide_merged_sums', 'batch_lanes') or relname like 'merged_prices%'",
  theirs: "relname in ('lane_months', 'full_lane_months') or relname like 'prices%'",
}
type Side = { name: keyof typeof tables, applier: Applier, worker: Sql, owner: Sql, superuser: Sql, empty: number }
const bench = await openBench({ autovacuum: 'off', checkpoint_timeout: '1h' })
const before = checkout(releaseBefore)
const batches = months.map(month => bench.file(`batch-${month}.csv`, lanesCsv({ lanes, prices, month })))
const sheets = months.map(month => Array.from({ length: days }, (_, at) => bench.file(`sheet-${month}-${at}.csv`, lanesCsv({ lanes: sheetLanes, month, day: at + 1 }))))

for (const name of ['ours', 'theirs'] as const) {
  const label = name === 'ours' ? '' : `, release before (${releaseBefore})`
  const one = await open(name, 'one')
  await apply(one, [batches[0]!])
  record(`bytes a price, one batch of ${prices} prices a lane${label}`, [await bytes(one) / lanes / prices], name === 'ours' ? '≤ 10' : null)
  for (const [index, batch] of batches.entries()) {
    for (let left = index === 0 ? 9 : 10; left > 0; left--) await applyAndMerge(one, [batch])
    await mergeOurs(one, 1)
    await recordBytes(one, `ten batches of ${prices} prices a lane, merged`, index, 10 * lanes * prices, '≤ 9')
  }
  await close(one)

  const daily = await open(name, 'daily')
  for (const [index, month] of sheets.entries()) {
    await applyAndMerge(daily, month)
    await mergeOurs(daily, 1)
    await recordBytes(daily, 'a month of daily sheets of one price a lane, merged', index, days * sheetLanes, '≤ 45')
  }
  await close(daily)
}

const wal: Record<string, number> = {}
for (const images of ['on', 'off']) {
  for (const name of ['ours', 'theirs'] as const) {
    const side = await open(name, `wal_${images}`)
    await side.superuser.unsafe(`alter system set full_page_writes = ${images}`)
    await side.superuser`select pg_reload_conf()`
    for (const [what, files, count] of [[`batches of ${prices} prices a lane`, Array<string>(24).fill(batches[0]!), 24 * lanes * prices], ['daily sheets', sheets[0]!, days * sheetLanes]] as const) {
      await side.superuser`checkpoint`
      const start = await position(side)
      await applyAndMerge(side, files)
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

/** Applies batches one after the other. Merges after each of them, as a worker with the default settings does. */
async function applyAndMerge (side: Side, files: string[]): Promise<void> {
  for (const file of files) {
    await apply(side, [file])
    await mergeOurs(side, 8)
  }
}

async function recordBytes (side: Side, what: string, index: number, ofMonth: number, aim: '≤ 9' | '≤ 45'): Promise<void> {
  if (index > 0 && index < months.length - 1) return
  const label = side.name === 'ours' ? '' : `, release before (${releaseBefore})`
  const when = index === 0 ? 'the first month' : `each of ${months.length} months`
  record(`bytes a price, ${what}, ${when}${label}`, [await bytes(side) / ofMonth / (index + 1)], label ? null : aim)
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
