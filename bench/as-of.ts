import type { Sql } from 'postgres'
import { openDatabase } from '../lib/postgres/database.ts'
import { pricesAsOf } from '../services/rates-api/as-of/prices-as-of.ts'
import { planSettings } from '../services/rates-api/database/plan-settings.ts'
import { averagePrices, laneParameters } from '../services/rates-api/rates/average-prices.ts'
import { createDatabase } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { timed, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Measures `GET /rates` with `as_of`, without HTTP: 1,024 merged prices of each lane from the Far East to Northern Europe in a month, of 8,000
 * batches. In January a batch has 64 prices of a lane, in February one. Memory is that of this process, which has also made the data.
 */
const batches = 8_000
const server = await benchServer({ full_page_writes: 'off' })
await createDatabase(server, 'asof')
const owner = openDatabase({ url: server.url('migrator', 'asof'), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
const lanes = await fill(owner)
const sql = openDatabase({ url: server.url('rates_api', 'asof'), process: 'bench', poolSize: 1, settings: planSettings, statementTimeoutMs: 0 })
const [first, last] = [await timeOf('min'), await timeOf('max')]

const lane = { orig_code: 'CNGGZ', dest_code: 'EETLL', date_from: '2021-01-01', date_to: '2021-01-31' }
const regions = { ...lane, orig_code: 'far_east', dest_code: 'northern_europe' }
const february = { date_from: '2021-02-01', date_to: '2021-02-28' }
const asOf = (query: typeof lane, moment: string) => () => timed(() =>
  pricesAsOf(sql, laneParameters(query), { asOf: moment, keepDays: 36_500, isReplica: false }, 50_000_000))
const millions = `${(lanes * 1_024 / 1e6).toFixed(1)} M prices`
const ms = await turns(9, {
  'a lane, now': () => timed(() => averagePrices(sql, lane)),
  'a lane, every batch came later': asOf(lane, first),
  [`regions, ${millions} of 64 a batch, none came later`]: asOf(regions, last),
  [`regions, ${millions} of 64 a batch, every batch came later`]: asOf(regions, first),
  [`regions, ${millions} of one a batch, none came later`]: asOf({ ...regions, ...february }, last),
  [`regions, ${millions} of one a batch, every batch came later`]: asOf({ ...regions, ...february }, first),
})
for (const [what, values] of Object.entries(ms)) record(`${what}, ms`, values)
record('resident memory afterwards, MiB', [process.memoryUsage.rss() / 2 ** 20])
await Promise.all([owner.end(), sql.end()])
await server.remove()

/** Fills the ledger with prices of batches that were applied a microsecond apart. Returns the number of lanes. */
async function fill (owner: Sql): Promise<number> {
  await owner.unsafe(`
    insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at)
      select id, 'bench', 'apply', 'applied', 'csv', id, 0, now()
      from generate_series(1, ${batches}) as number cross join encode(sha256(number::text::bytea), 'hex') as id order by number;
    insert into applied_batches (batch_id, row_count, position, applied_at)
      select id, 1, position + number, at + number * interval '1 microsecond' from batches cross join ledger_position;
    update ledger_position set position = position + ${batches}, at = at + interval '1 second';
    create temp table lanes as with recursive roots (slug, root) as (
        select slug, slug from regions where slug in ('far_east', 'northern_europe')
        union all
        select child.slug, root from roots as parent join regions as child on child.parent_slug = parent.slug),
      places as (select code, root from ports join roots on slug = parent_slug)
      select o.code as orig, d.code as dest from places as o join places as d on o.root = 'far_east' and d.root = 'northern_europe';
    insert into merged_prices (month, orig_code, dest_code, runs, days, cents)
      select month::date, orig, dest,
        (select string_agg(int8send(1 + (n * 7 + hashtext(orig) & 4095) % ${batches}) || int4send(prices), '') from generate_series(1, 1024 / prices) as n),
        string_agg(set_byte('\\x00', 0, 1 + n % 28), ''), string_agg(int4send(100000 + n), '')
      from lanes cross join (values ('2021-01-01', 64), ('2021-02-01', 1)) as month (month, prices) cross join generate_series(1, 1024) as n
      group by month, orig, dest, prices`).simple()
  await owner`vacuum analyze`
  const [row] = await owner<[{ count: number }]>`select count(*) from lanes`
  return row.count
}

async function timeOf (which: 'min' | 'max'): Promise<string> {
  const [row] = await owner.unsafe<[{ at: string }]>(`select to_char(${which}(applied_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from applied_batches`)
  return row.at
}
