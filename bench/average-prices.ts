import type { Sql } from 'postgres'
import { aliasPrices } from '../services/rates-api/rates/alias-prices.ts'
import { averagePrices } from '../services/rates-api/rates/average-prices.ts'
import { regionPrices } from '../services/rates-api/rates/region-prices.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { createDatabase, temporaryServer } from '../test/harness/server.ts'
import { medians, timed } from './measure/pairs.ts'

/** Measures the queries of the rates API, prepared, on one connection: 12 months of up to 20,000 lanes, 8 million prices each. */
const server = await temporaryServer()
const [small, large] = [await filled('small', 200), await filled('large', 20_000)]
const month = { date_from: '2021-01-01', date_to: '2021-01-31' }
const year = { date_from: '2021-01-01', date_to: '2021-12-31' }
const lane = { orig_code: 'CNGGZ', dest_code: 'EETLL' }
const regions = { orig_code: 'far_east', dest_code: 'northern_europe' }
const sidesOf = ({ orig_code: orig, dest_code: dest }: typeof lane) =>
  ({ origCode: orig, origSlug: orig.toLowerCase(), destCode: dest, destSlug: dest.toLowerCase(), months: ['2021-01-01'] })

/** Runs 50 queries in sequence, since one query is shorter than the resolution of the clock. */
const fifty = (query: () => Promise<unknown>) => async () => await timed(async () => { for (let i = 0; i < 50; i++) await query() }) / 50

const ms = await medians(9, {
  'port to port, month, of 200 lanes': fifty(() => averagePrices(small, { ...lane, ...month })),
  'port to port, month, of 20,000': fifty(() => averagePrices(large, { ...lane, ...month })),
  'the same by the statement for regions (not chosen)': fifty(() => regionPrices(large, sidesOf(lane))),
  'the same by the statement for ports with aliases (not chosen)': fifty(() => aliasPrices(large, sidesOf(lane))),
  'port with aliases to port, month': fifty(() => averagePrices(large, { ...lane, orig_code: 'CNSHA', ...month })),
  'port to port, year': fifty(() => averagePrices(large, { ...lane, ...year })),
  'the two largest regions, 5,768 lanes, month': () => timed(() => averagePrices(large, { ...regions, ...month })),
  'the same by unnest with ordinality and group by (not chosen)': () => timed(() => unnested(large)),
  'the two largest regions, year': () => timed(() => averagePrices(large, { ...regions, ...year })),
})
for (const [name, each] of Object.entries(ms)) console.log(`${each.toFixed(3).padStart(10)} ms  ${name}`)
await Promise.all([small.end(), large.end()])
await server.remove()

/** Returns a connection of the reader role to a new database with this number of lanes. */
async function filled (name: string, lanes: number): Promise<Sql> {
  await createDatabase(server, name)
  const owner = openDatabase({ url: server.url('migrator', name), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
  await fill(owner, lanes)
  await owner.end()
  return openDatabase({ url: server.url('rates_api', name), process: 'bench', poolSize: 1, settings: { plan_cache_mode: 'force_generic_plan' } })
}

/** Inserts lanes from the Far East to Northern Europe and back first, then others. The example lane is among them. */
async function fill (sql: Sql, lanes: number): Promise<void> {
  await sql.unsafe(`
    with recursive
      roots (slug, root) as (
        select slug, slug from regions where parent_slug is null
        union all
        select child.slug, root from roots as parent join regions as child on child.parent_slug = parent.slug),
      places as (select code, root from ports join roots on slug = parent_slug),
      lanes as (
        select o.code as orig, d.code as dest from places as o join places as d on o.root <> d.root
        order by o.code || d.code <> 'CNGGZEETLL', o.root || d.root <> 'far_eastnorthern_europe', d.root || o.root <> 'far_eastnorthern_europe',
          md5(o.code || d.code)
        limit ${lanes})
    insert into lane_months
    select orig, dest, month::date,
      array(select 5 + (hashtext(orig || dest || month || day) & 15) from generate_series(1, 31) as day),
      array(select 100000 * (5 + (hashtext(orig || dest || month || day) & 15)) from generate_series(1, 31) as day)
    from lanes, generate_series(timestamp '2021-01-01', '2021-12-01', '1 month') as month
    order by month, orig, dest;
    analyze`).simple()
}

/** Omits the lookup of regions, which would be the same. */
function unnested (sql: Sql): Promise<unknown> {
  return sql`
    select month, day, sum(count), sum(cent)
    from lane_months cross join unnest(counts, cents) with ordinality as days (count, cent, day)
    where month = '2021-01-01'
      and orig_code = any (array(select orig_code from lane_months where dest_code = 'EETLL' and month = '2021-01-01'))
      and dest_code = any (array(select dest_code from lane_months where orig_code = 'CNGGZ' and month = '2021-01-01'))
    group by month, day`
}
