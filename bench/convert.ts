import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { switchLedger } from '../lib/ledger/switch.ts'
import { estimateUnconverted, isConverted } from '../lib/ledger/unconverted.ts'
import { openMetrics } from '../lib/metrics/metrics.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { convertUntil } from '../services/ingestion-worker/convert/convert.ts'
import { mergeUntil } from '../services/ingestion-worker/merge/merge.ts'
import { vacuumUntil } from '../services/ingestion-worker/merge/vacuum.ts'
import { beforeSwitch } from '../test/harness/database.ts'
import { loadOldBatches } from '../test/harness/old-tables.ts'
import { createDatabase } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { record } from './measure/results.ts'

/**
 * Measures the switch to the ledger by lane and month, and the conversion by one worker that also merges and vacuums, without batches: prices a
 * second, and the size of the tables of prices and sums at their largest and at the end, compared with their size before.
 */
const load = { batches: 10, lanes: 712, prices: 80, months: ['2021-01-01', '2021-02-01', '2021-03-01'] }
const otherBatches = 100_000
const server = await benchServer()
await createDatabase(server, 'full')
const open = (login: 'migrator' | 'ingestion_worker', poolSize: number) => openDatabase({ url: server.url(login, 'full'), process: 'bench', poolSize, statementTimeoutMs: 0 })
const [owner, sql] = [open('migrator', 2), open('ingestion_worker', 4)]
await beforeSwitch(owner)
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
const before = await size()

const switching = performance.now()
await switchLedger(owner)
record(`switch with ${otherBatches} applied batches, s`, [(performance.now() - switching) / 1_000])

const stopping = new AbortController()
const worker = {
  sql, log: pino({ level: 'warn' }), metrics: openMetrics('ingestion-worker'), breaker: { untilClosed: async () => {} }, isBusy: () => false, minRows: 8, idleSeconds: 5,
  convertEveryMs: 1_000,
}
const converting = performance.now()
const loops = [convertUntil(worker, stopping.signal), mergeUntil(worker, stopping.signal), vacuumUntil(worker, stopping.signal)]
let largest = before
const sampleUntil = async (isOver: () => Promise<boolean>): Promise<void> => {
  for (; !await isOver(); await wait(100)) largest = Math.max(largest, await size())
}
await sampleUntil(() => isConverted(owner))
const { batches, lanes, prices, months } = load
record('conversion by one worker, prices/s', [batches * lanes * prices * months.length / (performance.now() - converting) * 1_000])
await sampleUntil(async () => await estimateUnconverted(owner) === 0) // the pages are returned
stopping.abort()
await Promise.all(loops)
record('size of prices and sums during the conversion, at most ÷ before', [largest / before], '≤ 1.2')
record('size of prices and sums after the conversion ÷ before', [await size() / before])
await Promise.all([owner.end(), sql.end()])
await server.remove()

async function size (): Promise<number> {
  const [row] = await owner<[{ bytes: number }]>`
    select sum(pg_total_relation_size(oid))::float as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname ~ '^((merged_)?prices_|unmerged_prices|(wide_)?merged_sums|batch_lanes|(full_)?lane_months)'`
  return row.bytes
}
