import { pino } from 'pino'
import type { Sql } from 'postgres'
import type { Test } from 'tap'
import { buildRatesApi } from '../../services/rates-api/app.ts'
import { openMetrics, valueOf } from '../../lib/metrics/metrics.ts'
import type { HostsOptions, HostStatus } from '../../services/rates-api/database/hosts.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { planSettings } from '../../services/rates-api/database/plan-settings.ts'
import { createDatabase, temporaryServer, unsafeSettings, type Server } from './server.ts'
import { standbyOf, type Standby } from './standby.ts'

export const path = '/rates?date_from=2021-01-31&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'

export type RatesResponse = { status: number, count: number | null, /** seconds; undefined if the primary responded */ age: number | undefined }

export type Replicated = {
  primary: Server
  standbys: [Standby, Standby]
  /** Connection to the primary as the owner. */
  sql: Sql
  url: (server: Server) => string
  /** Commits another number of prices for the lane of `path`. */
  setCount: (count: number) => Promise<void>
}

/** Starts a primary and two streaming standbys, with one lane. */
export async function replicated (t: Test): Promise<Replicated> {
  // The test compares the log positions of commits, so commits must be durable.
  const primary = await temporaryServer({ ...unsafeSettings, synchronous_commit: 'on' })
  t.teardown(() => primary.remove())
  await createDatabase(primary, 'freight', '2021-01-01', '2021-02-01')
  const sql = openDatabase({ url: primary.url('migrator', 'freight'), process: 'test', poolSize: 4 })
  t.teardown(() => sql.end({ timeout: 0 }))
  await insertLane(sql)
  const standbys: [Standby, Standby] = [await standbyOf(primary), await standbyOf(primary)]
  for (const standby of standbys) t.teardown(() => standby.remove())
  return {
    primary, standbys, sql,
    url: server => server.url('rates_api', 'freight'),
    setCount: count => setCount(sql, count),
  }
}

/** Inserts the lane of `path`, with one price on each day. */
export async function insertLane (sql: Sql): Promise<void> {
  await sql`insert into merged_sums (orig_code, dest_code, month, counts, cents) values ('CNGGZ', 'EETLL', '2021-01-01', array_fill(1, array[31]), array_fill(100, array[31]))`
}

/** Changes the number of prices on the day of `path`, and takes the next position, as a batch does. */
export async function setCount (sql: Sql, count: number): Promise<void> {
  await sql`
    with position as (update ledger_position set position = position + 1)
    update merged_sums set counts[31] = ${count} where orig_code = 'CNGGZ'`
}

/** Starts the rates API on the primary and the replicas of the URLs. */
export async function ratesApiOn (t: Test, primaryUrl: string, replicaUrls: string[], limits: Partial<HostsOptions['limits']> = {}) {
  const connectTo = (url: string) => () => openDatabase({ url, process: 'rates-api', poolSize: 1, statementTimeoutMs: 5_000, settings: planSettings })
  const metrics = openMetrics('rates-api')
  const app = await buildRatesApi({
    metrics,
    connect: connectTo(primaryUrl), replicas: replicaUrls.map(connectTo), log: pino({ level: process.env.TEST_LOG ?? 'silent' }), keys: null,
    limits: {
      maxDays: 366, asOf: { keepDays: 400, maxPrices: 5_000_000 },
      cacheBytes: 1_000_000, connections: 4, maxWaiting: 1_000, limitMs: 5_000, maxLagMs: 10_000, probeEveryMs: 50, ...limits,
    },
  })
  await app.ready()
  t.teardown(() => app.close())
  return {
    app,
    metrics,
    /** Returns the number of cache hits. */
    cacheHits: () => valueOf(metrics, 'freight_response_cache_total', { result: 'hit' }),
    async get (address = path): Promise<RatesResponse> {
      const { statusCode: status, payload, headers } = await app.inject(address)
      const age = headers.age === undefined ? undefined : Number(headers.age)
      return { status, count: status === 200 ? JSON.parse(payload).rates[0].count : null, age }
    },
    async ready (): Promise<{ status: number, hosts: Record<string, HostStatus>, states: string }> {
      const { statusCode: status, payload } = await app.inject('/ready')
      const { hosts } = JSON.parse(payload) as { hosts: HostStatus[] }
      return { status, hosts: Object.fromEntries(hosts.map(host => [host.name, host])), states: hosts.map(({ state }) => state).join(' ') }
    },
  }
}
