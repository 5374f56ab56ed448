import type { Sql } from 'postgres'
import { test } from 'tap'
import { database } from '../../harness/database.ts'
import { insertUnmerged, type UnmergedRow } from '../../harness/ledger.ts'
import { readSums } from '../../harness/ledger-sums.ts'
import { mergeAll } from '../../../lib/ledger/merge/merge-all.ts'
import { removePrices } from '../../../lib/ledger/remove-prices.ts'
import { takeBack } from '../../../lib/ledger/take-back.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'

const origs = ['CNGGZ', 'CNSGH', 'CNYTN']

/** A batch with `prices` prices on each of three lanes in two months; each fifth batch has a wide price. */
async function insertBatch (sql: Sql, batch: number, prices = 5): Promise<void> {
  const rows = origs.flatMap(orig => ['2021-01-01', '2021-02-01'].map((month): UnmergedRow => ({
    batch, orig, month,
    prices: Array.from({ length: prices }, (_, at) =>
      [1 + (batch + at) % 28, batch % 5 === 0 && at === 0 ? 999_999_999_999n : BigInt(1_000 * batch + at)] as const),
  })))
  await insertUnmerged(sql, rows)
  await sql`
    insert into batch_lanes (batch_number, month, orig_codes, dest_codes)
    select ${batch}, month, ${origs.join('')}, ${'EETLL'.repeat(origs.length)} from unnest(${['2021-01-01', '2021-02-01']}::date[]) as month`
}

async function withdraw (sql: Sql, batch: number): Promise<number> {
  return await transaction(sql, async tx => {
    const prices = await takeBack(tx, batch)
    await tx`insert into withdrawn_batches (batch_number, position, withdrawn_at) select ${batch}, position + 1, clock_timestamp() from ledger_position`
    return prices
  })
}

const zero = (sums: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(sums).filter(([, text]) => !/^[0,]+ [0,]+$/.test(text)))

for (const merged of ['before', 'after', 'before and after', 'never'] as const) {
  test(`a batch is taken back and removed; merged ${merged}`, async t => {
    const db = await database(t)
    const sql = db.open('ingestion_worker')
    for (let batch = 1; batch <= 12; batch++) if (batch !== 5 && batch !== 7) await insertBatch(sql, batch)
    const without = await readSums(sql)
    await insertBatch(sql, 5)
    await insertBatch(sql, 7, 300)
    const counting = await db.migrator`select * from all_prices where batch_number not in (5, 7) order by 1, 2, 3, 4, 5`
    if (merged.startsWith('before')) await mergeAll(sql)
    t.equal(await withdraw(sql, 5), 30)
    t.equal(await withdraw(sql, 7), 1_800)
    t.strictSame(zero(await readSums(sql)), without)
    if (merged.endsWith('after')) await mergeAll(sql)
    t.strictSame(zero(await readSums(sql)), without)
    t.strictSame(await db.migrator`select * from all_prices order by 1, 2, 3, 4, 5`, counting)

    t.equal(await removePrices(sql, 5), 60)
    t.equal(await removePrices(sql, 7), 3_600)
    t.strictSame(zero(await readSums(sql)), without)
    t.strictSame(await db.migrator`select * from all_prices order by 1, 2, 3, 4, 5`, counting)
    t.same(await db.migrator`
      select 1 from (select runs from merged_prices union all select runs from unmerged_prices) as row
      where position(int8send(5) in runs) > 0 or position(int8send(7) in runs) > 0`, [])
    t.same(await sql`select batch_number, removed_at is not null as removed from withdrawn_batches order by 1`,
      [{ batch_number: 5, removed: true }, { batch_number: 7, removed: true }])
    t.equal(await removePrices(sql, 5), 0)
    await mergeAll(sql)
    t.strictSame(zero(await readSums(sql)), without)
  })
}

test('a number of a batch that appears across two runs is no run of that batch', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  // Bytes 4 to 11 of the run of batch 3 with 7 prices are 00000003 00000007.
  const across = Number(0x0000000300000007n)
  await insertBatch(sql, 3, 7)
  await insertBatch(sql, 4, 7)
  await mergeAll(sql)
  await sql`insert into batch_lanes (batch_number, month, orig_codes, dest_codes) select ${across}, month, orig_codes, dest_codes from batch_lanes where batch_number = 3`
  t.equal(await withdraw(sql, across), 0)
  t.equal(await withdraw(sql, 3), 42)
})
