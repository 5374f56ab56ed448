import type { Sql } from 'postgres'
import t from 'tap'
import { convert } from '../../../lib/ledger/convert.ts'
import { convertLockKey } from '../../../lib/ledger/convert-lock.ts'
import { convertPiece } from '../../../lib/ledger/convert-piece.ts'
import { estimateUnconverted, isConverted } from '../../../lib/ledger/unconverted.ts'
import { database } from '../../harness/database.ts'
import { readLaneDays, readPrices } from '../../harness/ledger-contents.ts'
import { loadOldBatches, refreshLaneMonths } from '../../harness/old-tables.ts'
import { waitFor } from '../../harness/wait.ts'

const months = ['2021-01-01', '2021-02-01']

t.test('conversion moves every price, with its batch, and no reader sees a sum change', async t => {
  const db = await database(t)
  const sql = db.migrator
  await loadOldBatches(sql, { batches: 6, lanes: 150, prices: 20, months })
  await sql`insert into prices values ('CNSHG', 'NLRTM', '2021-01-31', 9999999999.99, 77), ('CNSHG', 'NLRTM', '2021-01-31', 1, 77), ('CNSHG', 'NLRTM', '2021-01-31', 1, 77)`
  await refreshLaneMonths(sql)
  await sql`insert into full_lane_months select * from lane_months where orig_code = 'CNSHG' or orig_code like 'A%'`
  await sql`update lane_months set counts = array_fill(0, array[31]), cents = array_fill(0::bigint, array[31]) where orig_code = 'CNSHG' or orig_code like 'A%'`
  const before = await readLaneDays(sql)
  const prices = await readPrices(sql)

  let reads = 0
  const reading = new AbortController()
  const readers = ['rates_api', 'ops'].map(async login => {
    const reader = db.open(login as 'ops')
    for (; !reading.signal.aborted; reads++) t.same(login === 'ops' ? await readPrices(reader) : await readLaneDays(reader), login === 'ops' ? prices : before)
  })
  let pieces = 0
  t.equal(await convert({
    sql: db.open('migrator'),
    async before () {
      const already = reads
      if (++pieces % 4 === 0) await waitFor(() => reads > already + 1)
    },
    onKept: laneDays => t.fail(`${laneDays} lane-days have sums without prices`),
  }), true)
  reading.abort()
  await Promise.all(readers)

  t.same(await sql`select sum(octet_length(days))::int as prices from unmerged_prices`, [{ prices: 6 * 150 * 20 * 2 + 3 }])
  t.same(await readLaneDays(sql), before)
  t.same(await readPrices(sql), prices)
  t.ok(await isConverted(sql))
  t.same(await sql`select octet_length(cents) / octet_length(days) as width, octet_length(days) as prices from unmerged_prices where runs > int8send(76) || '\\xff' order by width`,
    [{ width: 4, prices: 2 }, { width: 8, prices: 1 }], 'a high price has a row of its own')
  t.same(await sql`select count(*) from unmerged_prices`, [{ count: 6 * 150 * 2 + 2 }], 'a row for each batch and lane-month')
  t.same(await sql`
    select number, batch_lanes.month, length(orig_codes) / 5 as lanes from batch_lanes left join batches on number = batch_number
    where batch_lanes.batch_number in (77, (select min(number) from batches)) order by batch_number, month`, [
    { number: await min(sql), month: '2021-01-01', lanes: 150 }, { number: await min(sql), month: '2021-02-01', lanes: 150 }, { number: null, month: '2021-01-01', lanes: 1 },
  ])
  const migrator = db.open('migrator')
  await waitFor(async () => {
    await convert({ sql: migrator }) // VACUUM keeps what the snapshot of a reader may see
    return await estimateUnconverted(sql) === 0
  })
  t.same(await sql`select sum(pg_relation_size(relid))::int as bytes from pg_partition_tree('prices') where isleaf`, [{ bytes: 0 }], 'the space is returned')
})

t.test('a batch in pieces, and an interrupted conversion that continues', async t => {
  const db = await database(t)
  const sql = db.migrator
  const [batchNumber, other] = await loadOldBatches(sql, { batches: 2, lanes: 30, prices: 7, months })
  const before = [await readLaneDays(sql), await readPrices(sql)]
  const migrator = db.open('migrator')
  t.equal(await convertPiece(migrator, { month: months[0]!, batchNumber: batchNumber! }, 100), 100)
  t.equal(await convertPiece(migrator, { month: months[0]!, batchNumber: batchNumber! }, 100), 100)
  t.equal(await convertPiece(migrator, { month: months[0]!, batchNumber: batchNumber! }, 100), 10)
  t.equal(await convertPiece(migrator, { month: months[0]!, batchNumber: batchNumber! }, 100), 0)
  t.same(await sql`select batch_number, length(orig_codes) / 5 as lanes from batch_lanes`, [{ batch_number: batchNumber, lanes: 30 }], 'all lanes, once')
  t.same([await readLaneDays(sql), await readPrices(sql)], before)

  await t.rejects(convert({ sql: migrator, async before () { throw new Error('stopped') } }), /stopped/)
  let pieces = 0
  await t.rejects(convert({ sql: migrator, async before () { if (++pieces > 1) await migrator`select pg_terminate_backend(pg_backend_pid())` } }))
  t.same([await readLaneDays(sql), await readPrices(sql)], before)

  await sql.begin(async tx => {
    await tx`select pg_advisory_xact_lock(${convertLockKey})`
    t.equal(await convert({ sql: migrator }), false, 'one process converts at a time')
  })
  t.equal(await convert({ sql: migrator }), true)
  t.same([await readLaneDays(sql), await readPrices(sql)], before)
  t.ok(await isConverted(sql))
  t.same(await sql`select count(*) from batch_lanes where batch_number = ${other!}`, [{ count: 2 }])
  t.equal(await convert({ sql: migrator }), true, 'a further call has no effect')
})

t.test('sums without prices are kept: an operator has dropped a month of prices', async t => {
  const db = await database(t)
  const sql = db.migrator
  await loadOldBatches(sql, { batches: 2, lanes: 3, prices: 2, months })
  await sql`insert into full_lane_months select * from lane_months where month = ${months[0]!}` // full rows, more than one row can have
  await sql`update full_lane_months set counts[1] = 1073741824, cents[1] = 4611686018427387904`
  await sql`update lane_months set counts[1] = 1073741824, cents[1] = 4611686018427387904 where month = ${months[0]!}`
  await sql`drop table prices_2021_01`
  const before = await readLaneDays(sql)
  const kept: number[] = []
  t.equal(await convert({ sql: db.open('migrator'), onKept: laneDays => kept.push(laneDays) }), true)
  t.same(await readLaneDays(sql), before)
  t.same(kept, [(await sql`select distinct orig_code, dest_code, day from wide_merged_sums, unnest(counts) with ordinality as of_day (count, day) where count <> 0`).length])
  t.same(await sql`select count(*), min(month) as first, max(month) as last from wide_merged_sums`, [{ count: 6, first: months[0], last: months[0] }])
  t.ok(await isConverted(sql))
})

const min = async (sql: Sql): Promise<unknown> => (await sql`select min(number) from batches`)[0]!.min
