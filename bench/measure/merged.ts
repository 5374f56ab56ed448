import type { Sql } from 'postgres'
import { addRow, emptySums, encodeRun } from '../../lib/ledger/row.ts'
import { pickLanes } from '../../lib/sample/lanes.ts'
import { shippedReference } from '../../lib/sample/month.ts'
import { seededRandom } from '../../lib/sample/random.ts'

/** Number of different rows of prices. Each lane and month has one of them. */
const kinds = 64

/**
 * Fills the ledger with merged rows: `prices` prices of each of 5,000 lanes of the sample in each month from 2021-01 on, of 10 batches, with
 * their sums. The prices are random, 1,000 to 5,000 USD, and sorted by day in each batch.
 */
export async function fillMerged (sql: Sql, { months, prices }: { months: number, prices: number }): Promise<void> {
  const lanes = pickLanes(shippedReference(), 5_000, seededRandom(2021))
  await sql`create table lanes as select * from unnest(
    ${lanes.map(lane => lane.orig_code)}::text[], ${lanes.map(lane => lane.dest_code)}::text[]) as lane (orig, dest)`
  const rows = Array.from({ length: kinds }, () => {
    const days = Buffer.from(Array.from({ length: prices }, (_, at) => 1 + Math.floor(at % (prices / 10) * 310 / prices) % 31))
    const cents = Buffer.alloc(4 * prices)
    for (let at = 0; at < prices; at++) cents.writeInt32BE(100_000 + Math.floor(Math.random() * 400_000), 4 * at)
    const runs = Buffer.concat(Array.from({ length: 10 }, (_, batch) => encodeRun(BigInt(batch + 1), prices / 10)))
    const sums = emptySums()
    addRow(sums, { runs, days, cents })
    return { runs, days, cents, sums }
  })
  const hex = (name: 'runs' | 'days' | 'cents'): string[] => rows.map(row => row[name].toString('hex'))
  await sql.unsafe(`
    create table made (kind int, runs bytea, days bytea, cents bytea, counts int[], sums bigint[]);
    alter table made alter counts set storage plain, alter sums set storage plain -- a compressed value would be copied as it is
  `).simple()
  await sql`
    insert into made select kind::int, decode(runs, 'hex') as runs, decode(days, 'hex') as days, decode(cents, 'hex') as cents, counts::int[], sums::bigint[]
    from unnest(${hex('runs')}::text[], ${hex('days')}::text[], ${hex('cents')}::text[],
      ${rows.map(({ sums }) => `{${sums.counts.join()}}`)}::text[], ${rows.map(({ sums }) => `{${sums.cents.join()}}`)}::text[]
    ) with ordinality as row (runs, days, cents, counts, sums, kind)`
  await sql.unsafe(`
    create view chosen as
    select month::date, orig, dest, runs, days, cents, counts, sums
    from lanes cross join generate_series(timestamp '2021-01-01', timestamp '2021-01-01' + ${months - 1} * interval '1 month', '1 month') as month
    join made on made.kind = 1 + (hashtext(orig || dest || month) & ${kinds - 1});
    insert into merged_prices (month, orig_code, dest_code, runs, days, cents)
    select month, orig, dest, runs, days, cents from chosen order by month, orig, dest;
    insert into merged_sums (month, orig_code, dest_code, counts, cents)
    select month, orig, dest, counts, sums from chosen order by month, orig, dest;
    drop view chosen;
    drop table made, lanes`).simple()
  await sql`vacuum analyze`
}
