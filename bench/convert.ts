import { setTimeout as wait } from 'node:timers/promises'
import { switchLedger } from '../lib/ledger/switch.ts'
import { migrate } from '../lib/migrations/migrate.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { bootstrap } from '../services/migrate/bootstrap.ts'
import { ledgerMigrations, migrateAsBefore } from '../test/harness/old-schema.ts'
import { loadOldBatches } from '../test/harness/old-tables.ts'
import { loginPasswords } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { record } from './measure/results.ts'

/**
 * Measures what the migrator does with data of release 0.1.0: the switch to the ledger by lane and month, the conversion in prices a second, and the
 * size of the tables of prices and sums at their largest and at the end, compared with their size before.
 */
const load = { batches: 10, lanes: 712, prices: 80, months: ['2021-01-01', '2021-02-01', '2021-03-01'] }
const otherBatches = 100_000
const server = await benchServer()
const superuser = openDatabase({ url: server.url('postgres', 'postgres'), process: 'bench', poolSize: 1 })
await bootstrap(superuser, { database: 'full', loginPasswords })
const [owner, observer] = [1, 2].map(() =>
  openDatabase({ url: server.url('migrator', 'full'), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })) as [typeof superuser, typeof superuser]
await migrateAsBefore(owner, load.months)
await loadOldBatches(owner, load)
await owner`
  with earlier as (
    insert into batches (id, provider, mode, format, digest, bytes, state, accepted_at, finished_at)
    select encode(sha256(int4send(number)), 'hex'), 'demo', 'apply', 'csv', encode(sha256(int4send(number)), 'hex'), 1, 'applied', now(), now()
    from generate_series(1, ${otherBatches}) as number
    returning id, number
  )
  insert into applied_batches (batch_id, row_count, applied_at) select id, 1, timestamptz '2025-01-01' + number * interval '1 minute' from earlier`
await owner`vacuum analyze`
await migrate(owner, ledgerMigrations)
const before = await size()

const switching = performance.now()
await switchLedger(owner)
record(`switch with ${otherBatches} applied batches, s`, [(performance.now() - switching) / 1_000])

const { batches, lanes, prices, months } = load
const converting = performance.now()
const over = new AbortController()
const migrating = migrate(owner).finally(() => over.abort())
let largest = before
for (; !over.signal.aborted; await wait(100)) largest = Math.max(largest, await size())
await migrating
record('conversion by the migrator, prices/s', [batches * lanes * prices * months.length / (performance.now() - converting) * 1_000])
record('size of prices and sums during the conversion, at most ÷ before', [largest / before], '≤ 1.2')
record('size of prices and sums after the conversion ÷ before', [await size() / before])
await Promise.all([superuser.end(), owner.end(), observer.end()])
await server.remove()

async function size (): Promise<number> {
  const [row] = await observer<[{ bytes: number }]>`
    select sum(pg_total_relation_size(oid))::float as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname ~ '^((merged_)?prices_|unmerged_prices|(wide_)?merged_sums|batch_lanes|(full_)?lane_months)'`
  return row.bytes
}
