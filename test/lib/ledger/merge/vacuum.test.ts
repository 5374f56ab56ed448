import { test } from 'tap'
import { mergingTables, vacuumDue } from '../../../../lib/ledger/merge/vacuum.ts'
import { database } from '../../../harness/database.ts'
import { insertUnmerged, type UnmergedRow } from '../../../harness/ledger.ts'
import { waitFor } from '../../../harness/wait.ts'

test('the space of merged rows is reclaimed, without a truncation', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  const superuser = db.open('postgres')
  const insert = (count: number): Promise<void> =>
    insertUnmerged(sql, Array.from({ length: count }, (_, batch): UnmergedRow => ({ batch, prices: [[1, 100n], [2, 200n]] })))
  const size = async (): Promise<unknown> => (await superuser`select pg_relation_size('unmerged_prices')::int as size`)[0]!.size
  await insert(500)
  const before = await size()
  await superuser`delete from unmerged_prices`
  await superuser`select pg_stat_force_next_flush()`
  await waitFor(async () => await vacuumDue(sql, await mergingTables(sql), 100) > 0)
  t.equal(await size(), before)
  await insert(400)
  t.equal(await size(), before)
})
