import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { openDatabase } from '../lib/postgres/database.ts'
import { planSettings } from '../services/rates-api/database/plan-settings.ts'
import { averagePrices } from '../services/rates-api/rates/average-prices.ts'
import { createDatabase } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { thisCheckout } from './measure/checkout.ts'
import { fillMerged } from './measure/merged.ts'
import { ratios, timed, turns } from './measure/pairs.ts'
import { plot } from './measure/plot.ts'
import { record, summaryOf } from './measure/results.ts'

/**
 * Measures the statements of the rates API on 1, 10 and 100 million merged prices: of a lane and month, and of a month of the two regions with
 * most lanes. All have the 5,000 lanes of the sample, of which 704 are between these regions; 1 million prices are 200 of each lane in one month,
 * 10 million 2,000, and 100 million 2,000 in each of ten months. Draws docs/ledger-scale.svg.
 */
const month = { date_from: '2021-01-01', date_to: '2021-01-31' }
const lane = { orig_code: 'CNGGZ', dest_code: 'EETLL', ...month }
const regions = { orig_code: 'far_east', dest_code: 'northern_europe', ...month }
const sizes = [{ millions: 1, months: 1, prices: 200 }, { millions: 10, months: 1, prices: 2_000 }, { millions: 100, months: 10, prices: 2_000 }]
const server = await benchServer({ full_page_writes: 'off' })
const databases: Sql[] = []
for (const size of sizes) databases.push(await filled(`m${size.millions}`, size))

const reads = (sql: Sql, query: typeof lane, count: number) => async () =>
  await timed(async () => { for (let left = count; left > 0; left--) await averagePrices(sql, query) }) / count
const named = (what: string, millions: number): string => `${what} at ${millions} M prices`
const values = await turns(15, Object.fromEntries(sizes.flatMap(({ millions }, at) => [
  [named('lane', millions), reads(databases[at]!, lane, 50)], [named('regions', millions), reads(databases[at]!, regions, 3)],
])))
for (const what of ['lane', 'regions']) {
  for (const { millions } of sizes) {
    record(`read of a month of ${what === 'lane' ? 'a lane' : 'region → region, 704 lanes,'} at ${millions} M prices, ms`, values[named(what, millions)]!,
      what === 'regions' && millions === 10 ? '≤ 5' : null)
  }
  record(`read of a month of ${what === 'lane' ? 'a lane' : 'region → region'}, 100 M prices ÷ 1 M`,
    ratios(values[named(what, 100)]!, values[named(what, 1)]!), what === 'lane' ? '≤ 1.2' : null)
}
const line = (what: string) => sizes.map(({ millions }) => ({ millions, ...summaryOf(values[named(what, millions)]!) }))
writeFileSync(join(thisCheckout, 'docs/ledger-scale.svg'), plot({ 'a month of region → region, 704 lanes': line('regions'), 'a month of a lane': line('lane') }))
for (const sql of databases) await sql.end()
await server.remove()

/** Returns a connection of the rates API to a new database. */
async function filled (name: string, { millions, months, prices }: typeof sizes[0]): Promise<Sql> {
  await createDatabase(server, name)
  const owner = openDatabase({ url: server.url('migrator', name), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
  await fillMerged(owner, { months, prices })
  const [{ bytes }] = await owner<[{ bytes: number }]>`
    select sum(pg_total_relation_size(oid))::float as bytes from pg_class where relkind = 'r' and (relname like 'merged_prices%' or relname = 'merged_sums')`
  record(`bytes a price, ${millions} M merged prices, ${prices} of a lane's month`, [bytes / millions / 1e6])
  await owner.end()
  return openDatabase({ url: server.url('rates_api', name), process: 'bench', poolSize: 1, settings: planSettings })
}
