import type { Sql } from 'postgres'
import { aliasPrices } from '../services/rates-api/rates/alias-prices.ts'
import { averagePrices } from '../services/rates-api/rates/average-prices.ts'
import { regionPrices } from '../services/rates-api/rates/region-prices.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { planSettings } from '../services/rates-api/database/plan-settings.ts'
import { createDatabase } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { timed, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Measures the statements of the rates API, prepared, on one connection: 12 months of up to 20,000 lanes, 8 million merged prices each. In
 * February and March the lanes of the two largest regions also have one and seven unmerged rows of 80 prices.
 */
const server = await benchServer()
const [small, large] = [await filled('small', 200), await filled('large', 20_000)]
const month = { date_from: '2021-01-01', date_to: '2021-01-31' }
const oneRow = { date_from: '2021-02-01', date_to: '2021-02-28' }
const sevenRows = { date_from: '2021-03-01', date_to: '2021-03-31' }
const year = { date_from: '2021-01-01', date_to: '2021-12-31' }
const lane = { orig_code: 'CNGGZ', dest_code: 'EETLL' }
const regions = { orig_code: 'far_east', dest_code: 'northern_europe' }
const sidesOf = ({ orig_code: orig, dest_code: dest }: typeof lane) =>
  ({ origCode: orig, origSlug: orig.toLowerCase(), destCode: dest, destSlug: dest.toLowerCase(), months: ['2021-01-01'] })

/** Runs 50 queries in sequence, since one query is shorter than the resolution of the clock. */
const fifty = (query: () => Promise<unknown>) => async () => await timed(async () => { for (let i = 0; i < 50; i++) await query() }) / 50

const laneOf = (sql: Sql, days: typeof month) => fifty(() => averagePrices(sql, { ...lane, ...days }))
const regionsOf = (days: typeof month) => () => timed(() => averagePrices(large, { ...regions, ...days }))
const ms = await turns(9, {
  'port to port, month, of 200 lanes': laneOf(small, month),
  'port to port, month, of 20,000': laneOf(large, month),
  'the same, 1 unmerged row': laneOf(large, oneRow),
  'the same, 7 unmerged rows': laneOf(large, sevenRows),
  'the same by the statement for regions (not chosen)': fifty(() => regionPrices(large, sidesOf(lane))),
  'the same by the statement for ports with aliases (not chosen)': fifty(() => aliasPrices(large, sidesOf(lane))),
  'port with aliases to port, month': fifty(() => averagePrices(large, { ...lane, orig_code: 'CNSHA', ...month })),
  'port to port, year': laneOf(large, year),
  'the two largest regions, 5,768 lanes, month': regionsOf(month),
  'the same, 1 unmerged row a lane': regionsOf(oneRow),
  'the same, 7 unmerged rows a lane': regionsOf(sevenRows),
  'the same by unnest with ordinality and group by (not chosen)': () => timed(() => unnested(large)),
  'the two largest regions, year': regionsOf(year),
})
for (const [what, values] of Object.entries(ms)) record(`${what}, ms`, values)
await Promise.all([small.end(), large.end()])
await server.remove()

/** Returns a connection of the reader role to a new database with this number of lanes. */
async function filled (name: string, lanes: number): Promise<Sql> {
  await createDatabase(server, name)
  const owner = openDatabase({ url: server.url('migrator', name), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
  await fill(owner, lanes)
  await owner.end()
  return openDatabase({ url: server.url('rates_api', name), process: 'bench', poolSize: 1, settings: planSettings })
}

/** Inserts lanes from the Far East to Northern Europe and back first, then others. The example lane is among them. */
async function fill (sql: Sql, lanes: number): Promise<void> {
  await sql.unsafe(`
    create temp table lanes as with recursive
      roots (slug, root) as (
        select slug, slug from regions where parent_slug is null
        union all
        select child.slug, root from roots as parent join regions as child on child.parent_slug = parent.slug),
      places as (select code, root from ports join roots on slug = parent_slug)
      select o.code as orig, d.code as dest, o.root || d.root = 'far_eastnorthern_europe' as is_between_largest
      from places as o join places as d on o.root <> d.root
      order by o.code || d.code <> 'CNGGZEETLL', o.root || d.root <> 'far_eastnorthern_europe', d.root || o.root <> 'far_eastnorthern_europe',
        md5(o.code || d.code)
      limit ${lanes};
    insert into merged_sums (month, orig_code, dest_code, counts, cents)
    select month::date, orig, dest,
      array(select 5 + (hashtext(orig || dest || month || day) & 15) from generate_series(1, 31) as day),
      array(select 100000 * (5 + (hashtext(orig || dest || month || day) & 15)) from generate_series(1, 31) as day)
    from lanes, generate_series(timestamp '2021-01-01', '2021-12-01', '1 month') as month
    order by month, orig, dest;
    with price as (
      select int8send(1) || int4send(80) as runs, string_agg(set_byte(bytea '\\x00', 0, 1 + at % 28), '') as days,
        string_agg(int4send(100000 + at), '') as cents
      from generate_series(1, 80) as at)
    insert into unmerged_prices (month, orig_code, dest_code, runs, days, cents)
    select month, orig, dest, runs, days, cents
    from (values (date '2021-02-01', 1), (date '2021-03-01', 7)) as filled (month, rows)
    cross join generate_series(1, rows) as batch cross join lanes cross join price
    where is_between_largest order by batch, orig, dest`).simple()
  await sql`vacuum analyze`
}

/** Omits the lookup of regions, which would be the same. */
function unnested (sql: Sql): Promise<unknown> {
  return sql`
    select month, day, sum(count), sum(cent)
    from merged_sums cross join unnest(counts, cents) with ordinality as days (count, cent, day)
    where month = '2021-01-01'
      and orig_code = any (array(select orig_code from merged_sums where dest_code = 'EETLL' and month = '2021-01-01'))
      and dest_code = any (array(select dest_code from merged_sums where orig_code = 'CNGGZ' and month = '2021-01-01'))
    group by month, day`
}
