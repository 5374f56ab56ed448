import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Sql } from 'postgres'
import { openDatabase } from '../lib/postgres/database.ts'
import { sampleCsv } from '../lib/sample/month.ts'
import { temporaryServer } from '../test/harness/server.ts'
import { medians, timed } from './measure/pairs.ts'

/** The measurement behind docs/decisions/0003: the time of each shape of ledger and read model, for a batch of the sample month's size. */
const csv = sampleCsv()
const server = await temporaryServer({ max_wal_size: '4GB' })
const sql = openDatabase({ url: server.url('postgres', 'postgres'), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })

await sql.unsafe(`
  create table raw (orig_code text, dest_code text, day date, price numeric(12, 2));
  ${ledger('ledger_text', 'batch_id text', '')}
  ${ledger('ledger_number', 'batch_id bigint', '')}
  ${ledger('ledger_brin', 'batch_id bigint', 'create index on ledger_brin using brin (batch_id);')}
  ${ledger('ledger_covering', 'batch_id bigint', 'create index on ledger_covering (orig_code, dest_code, day) include (price);')}
  create table lane_days (orig_code text, dest_code text, day date, count int, cents bigint, primary key (orig_code, dest_code, day)) with (fillfactor = 70);
  create table lane_months (orig_code text, dest_code text, month date, counts int[], cents bigint[], primary key (orig_code, dest_code, month)) with (fillfactor = 70);
`).simple()
await copy(sql, 'raw', csv)
await sql.unsafe(`
  create table days as select orig_code, dest_code, day, count(*)::int as count, (sum(price) * 100)::bigint as cents from raw group by 1, 2, 3;
  create table months as
    select orig_code, dest_code, date '2021-01-01' as month,
      array_agg(coalesce(count, 0) order by i)::text as counts, array_agg(coalesce(cents, 0) order by i)::text as cents
    from (select distinct orig_code, dest_code from raw) as lanes cross join generate_series(0, 30) as i
    left join days using (orig_code, dest_code) where days.day is null or days.day = date '2021-01-01' + i
    group by 1, 2`).simple()

const ms = await medians(9, {
  'load: ledger with the id as text, no lane index': () => load('ledger_text', `'${'c0ffee00'.repeat(8)}'`),
  'load: ledger with a number': () => load('ledger_number', '1'),
  'load: ledger with a number and a BRIN index on it (chosen)': () => load('ledger_brin', '1'),
  'load: ledger with a covering index on lane and day': () => load('ledger_covering', '1'),
  'read model: a row per lane and day': () => timed(() => sql`
    insert into lane_days select * from days order by orig_code, dest_code, day
    on conflict (orig_code, dest_code, day) do update set count = lane_days.count + excluded.count, cents = lane_days.cents + excluded.cents`),
  'read model: a row per lane and month (chosen)': () => timed(() => sql`
    insert into lane_months select orig_code, dest_code, month, counts::int[], cents::bigint[] from months order by orig_code, dest_code
    on conflict (orig_code, dest_code, month) do update set
      counts = (select array_agg(a + b order by i) from unnest(lane_months.counts, excluded.counts) with ordinality as pair (a, b, i)),
      cents = (select array_agg(a + b order by i) from unnest(lane_months.cents, excluded.cents) with ordinality as pair (a, b, i))`),
})
for (const [name, each] of Object.entries(ms)) console.log(`${each.toFixed(1).padStart(8)} ms  ${name}`)
for (const table of ['ledger_text', 'ledger_number', 'ledger_brin', 'ledger_covering']) {
  const [size] = await sql`select pg_total_relation_size(${`${table}_1`}::regclass) / count(*) as bytes from ${sql(table)}`
  console.log(`${String(size!.bytes).padStart(8)} bytes a price  ${table}`)
}
await sql.end()
await server.remove()

function ledger (name: string, batch: string, index: string): string {
  return `create table ${name} (orig_code text not null, dest_code text not null, day date not null,
      price numeric(12, 2) not null check (price > 0), ${batch} not null) partition by range (day);
    create table ${name}_1 partition of ${name} for values from ('2021-01-01') to ('2021-02-01'); ${index}`
}

function load (table: string, batch: string): Promise<number> {
  return timed(async () => {
    await sql.unsafe(`alter table ${table} alter batch_id set default ${batch}`)
    await copy(sql, table, csv)
  })
}

async function copy (sql: Sql, table: string, csv: string): Promise<void> {
  await pipeline(Readable.from([csv]), await sql.unsafe(`copy ${table} (orig_code, dest_code, day, price) from stdin (format csv, header)`).writable())
}
