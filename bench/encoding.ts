import { addRow, emptySums, encodeRun, type LedgerRow } from '../lib/ledger/row.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { benchServer } from './measure/bench-server.ts'
import { ratios, timed, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Compares encodings of a row of prices: bytea that Node decodes (chosen), smallint[] and int[] that the driver parses, and both summed by
 * PostgreSQL. Each reads the daily counts and sums of one lane and month from one row of 20, 80, 200 or 2,000 prices, and the rows of a table
 * have random prices of 1,000 to 5,000 USD.
 */
const rounds = 9
const reads = 100
const server = await benchServer()
const sql = openDatabase({ url: server.url('postgres', 'postgres'), process: 'bench', poolSize: 1 })
const keys = 'kind smallint not null default 0, month date not null, orig_code text not null, dest_code text not null, runs bytea not null'

for (const prices of [20, 80, 200, 2_000]) {
  const rows = Math.min(20_000, 4_000_000 / prices)
  await fill(prices, rows)
  const codes = Array.from({ length: reads }, () => codeOf(Math.floor(Math.random() * rows)))
  const each = (read: (code: string) => Promise<unknown>) => async () =>
    await timed(async () => { for (const code of codes) await read(code) }) / reads
  const values = await turns(rounds, {
    bytea: each(readBytea), arrays: each(readArrays), unnest: each(readUnnest), 'bytea in SQL': each(readBytesInSql),
  })
  record(`read of a row of ${prices} prices, bytea decoded by Node (chosen), ms`, values.bytea)
  record(`read of a row of ${prices} prices, smallint[] and int[] in Node ÷ bytea in Node`, ratios(values.arrays, values.bytea))
  record(`read of a row of ${prices} prices, smallint[] and int[] summed by unnest in SQL ÷ bytea in Node`, ratios(values.unnest, values.bytea))
  record(`read of a row of ${prices} prices, bytea summed in SQL ÷ bytea in Node`, ratios(values['bytea in SQL'], values.bytea))
  for (const table of ['as_bytea', 'as_arrays']) {
    const [size] = await sql<[{ bytes: number }]>`select pg_total_relation_size(${table}::regclass)::float / ${prices * rows} as bytes`
    record(`bytes a price, rows of ${prices} prices with their index, ${table.slice(3)}`, [size.bytes])
  }
}
await sql.end()
await server.remove()

/** Fills both tables with the same prices. The rows of the key are apart, so that each row is one lane. */
async function fill (prices: number, rows: number): Promise<void> {
  await sql.unsafe(`
    drop table if exists as_bytea, as_arrays;
    create table as_bytea (${keys}, days bytea not null, cents bytea not null);
    alter table as_bytea alter days set storage main, alter cents set storage external;
    create table as_arrays (${keys}, days smallint[] not null, cents int[] not null);
    create index on as_bytea (kind, month, orig_code, dest_code);
    create index on as_arrays (kind, month, orig_code, dest_code);
    create or replace function summed_bytes (days bytea, cents bytea) returns table (day int, count bigint, cents bigint) language sql immutable as
      'select get_byte($1, i) as day, count(*), sum((''x'' || encode(substring($2 from 4 * i + 1 for 4), ''hex''))::bit(32)::int) from generate_series(0, octet_length($1) - 1) as i group by 1';
  `).simple()
  const run = encodeRun(1n, prices)
  const batch = 1_000
  for (let first = 0; first < rows; first += batch) {
    const made = Array.from({ length: Math.min(batch, rows - first) }, (_, at) => {
      const days = Buffer.from(Array.from({ length: prices }, (_, at) => 1 + Math.floor(at * 31 / prices)))
      const values = Array.from({ length: prices }, () => 100_000 + Math.floor(Math.random() * 400_000))
      const cents = Buffer.alloc(4 * prices)
      values.forEach((value, at) => cents.writeInt32BE(value, 4 * at))
      return { code: codeOf(first + at), days, cents, dayArray: `{${[...days].join()}}`, centArray: `{${values.join()}}` }
    })
    const codes = made.map(({ code }) => code)
    await sql`insert into as_bytea select 0, '2021-01-01', code, 'EETLL', ${run}, decode(days, 'hex'), decode(cents, 'hex') from unnest(
      ${codes}::text[], ${made.map(({ days }) => days.toString('hex'))}::text[], ${made.map(({ cents }) => cents.toString('hex'))}::text[]) as row (code, days, cents)`
    await sql`insert into as_arrays select 0, '2021-01-01', code, 'EETLL', ${run}, days::smallint[], cents::int[] from unnest(
      ${codes}::text[], ${made.map(({ dayArray }) => dayArray)}::text[], ${made.map(({ centArray }) => centArray)}::text[]) as row (code, days, cents)`
  }
  await sql`vacuum analyze as_bytea, as_arrays`
}

async function readBytea (code: string): Promise<unknown> {
  const rows = await sql<LedgerRow[]>`select runs, days, cents from as_bytea where kind = 0 and month = '2021-01-01' and orig_code = ${code} and dest_code = 'EETLL'`
  const sums = emptySums()
  for (const row of rows) addRow(sums, row)
  return sums
}

async function readArrays (code: string): Promise<unknown> {
  const rows = await sql<Array<{ days: string, cents: number[] }>>`
    select runs, days, cents from as_arrays where kind = 0 and month = '2021-01-01' and orig_code = ${code} and dest_code = 'EETLL'`
  const sums = { counts: Array<number>(31).fill(0), cents: Array<number>(31).fill(0) }
  for (const { days, cents } of rows) {
    for (const [at, day] of days.slice(1, -1).split(',').map(Number).entries()) { // no type of lib/postgres/array-types.ts is smallint[]
      sums.counts[day - 1]!++
      sums.cents[day - 1]! += cents[at]!
    }
  }
  return sums
}

async function readUnnest (code: string): Promise<unknown> {
  return await sql`
    select price.day, count(*), sum(price.cents) from as_arrays cross join unnest(days, cents) as price (day, cents)
    where kind = 0 and month = '2021-01-01' and orig_code = ${code} and dest_code = 'EETLL' group by price.day`
}

async function readBytesInSql (code: string): Promise<unknown> {
  return await sql`
    select price.day, count, price.cents from as_bytea cross join summed_bytes(days, cents) as price
    where kind = 0 and month = '2021-01-01' and orig_code = ${code} and dest_code = 'EETLL'`
}

function codeOf (at: number): string {
  return `L${String(at).padStart(4, '0')}`
}
