import { hash } from 'node:crypto'
import type { Sql } from 'postgres'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { readMigrations } from '../../../lib/migrations/migrations.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import { classify, isConnectionLost } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { openResponseCache } from '../cache/response-cache.ts'
import { NotReached } from '../as-of/check-moment.ts'
import { createTimeoutProblem, type ConnectionLimits } from './connections.ts'
import { openFreshness, type Position } from './freshness.ts'
import { openHost, type Host, type HostState } from './host.ts'
import { measureQueries } from './query-metrics.ts'

export type HostsOptions = {
  /** Each function opens a pool of one connection to its server. `limits.connections` is the number of pools. */
  primary: () => Sql
  replicas: Array<() => Sql>
  log: Log
  metrics: Metrics
  limits: ConnectionLimits & {
    /** Maximum size of the cached responses, in characters. The responses are ASCII, so a character is a byte; 0 disables the cache. */
    cacheBytes: number
    /** Lag from which a replica is used only if no other host is available, in ms. */
    maxLagMs: number
    /** Delay between two probes of a server, in ms. */
    probeEveryMs: number
  }
}

const isUsable = ({ state }: Host): boolean => state === 'ok' || state === 'lagging'

/** `ageMs` is the maximum age of the data; null if the primary responded with current data. */
export type HostResult<T> = { value: T, ageMs: number | null }
export type HostStatus = {
  name: string
  state: HostState
  /** Upper bound of the lag behind the primary; null if unknown. */
  lagSeconds: number | null
}
export type Hosts = ReturnType<typeof openHosts>

/**
 * Opens the primary and its replicas, each with its own connections. A query runs on a replica, or on the primary if no replica is
 * healthy. If a server fails, the query is retried on the next one: queries only read, so they may run twice. Without replicas,
 * every query runs on the primary.
 */
export function openHosts ({ primary: connectPrimary, replicas: connectReplicas, log, metrics, limits }: HostsOptions) {
  const { limitMs, maxLagMs, probeEveryMs } = limits
  const { cacheFor } = openResponseCache(limits.cacheBytes)
  const freshness = openFreshness()
  const common = {
    limits, log, measure: measureQueries(metrics), checkLag, migrations: readMigrations(), cacheFor,
  }
  const primary = openHost({ ...common, name: 'primary', connect: connectPrimary })
  const replicas = connectReplicas.map((connect, index) => openHost({ ...common, name: `replica-${index + 1}`, connect }))
  const all = [primary, ...replicas]
  metrics.collect('freight_db_host_healthy', () => status().map(({ name: host, state }) => [{ host }, state === 'unknown' ? undefined : Number(state === 'ok')]))
  metrics.collect('freight_db_host_lag_seconds', () => status().map(({ name: host, lagSeconds }) => [{ host }, lagSeconds ?? undefined]))

  function checkLag (host: Host, position: Position | null, queriedAt: number): 'ok' | 'lagging' {
    if (host === primary) {
      if (position) freshness.recordPrimary(position, queriedAt)
      return 'ok'
    }
    host.completeUntil = position ? freshness.completeUntil(position, queriedAt) : -Infinity
    return performance.now() - host.completeUntil <= maxLagMs ? 'ok' : 'lagging'
  }

  /** Probes the primary first, because the lag of a replica is computed from the primary's positions. */
  async function start (): Promise<void> {
    if (replicas.length === 0) return
    await primary.probe().catch(() => {})
    for (const host of all) host.keepProbing(probeEveryMs)
  }

  /** Runs work on the best available server. `key` identifies the query. */
  async function run<T> (key: string, work: (host: Host) => Promise<T>): Promise<HostResult<T>> {
    return await withDeadline(runInOrder(key, work), limitMs, () => createTimeoutProblem(limitMs))
  }

  async function runInOrder<T> (key: string, work: (host: Host) => Promise<T>): Promise<HostResult<T>> {
    let failure: unknown = new Problem('database-unavailable', 'No database server has the schema of this release; try again')
    for (const host of rankHosts(key)) {
      const { completeUntil } = host // read before the work: the data may be as old as this
      const startedAt = performance.now()
      try {
        const value = await (replicas.length > 0 ? host.trackWork(work) : work(host))
        return { value, ageMs: host === primary ? null : performance.now() - completeUntil }
      } catch (error) {
        failure = error
        if (error instanceof NotReached) continue
        if (error instanceof Problem || classify(error) !== 'wait') throw error
        if (isConnectionLost(error) && replicas.length > 0 && isUsable(host)) host.markLost(error, startedAt)
      }
    }
    throw failure
  }

  /**
   * Returns the servers in order of preference: healthy replicas; the primary; lagging replicas, the freshest first; unavailable
   * servers. A query key prefers the same replica while that replica has a free connection. Its response is then cached once, and
   * successive responses do not go back in time. Otherwise the least busy replica comes first. A server without the migrations of this
   * release is never used: its prices may be in tables of an earlier release.
   */
  function rankHosts (key: string): Host[] {
    if (replicas.length === 0) return all
    const healthy = replicas.filter(({ state }) => state === 'ok')
      .map(host => ({ host, load: host.isBusy() ? host.inFlight() : 0, rank: hash('md5', host.name + key) }))
      .sort((one, other) => one.load - other.load || (one.rank < other.rank ? -1 : 1))
      .map(({ host }) => host)
    const lagging = replicas.filter(({ state }) => state === 'lagging').sort((one, other) => other.completeUntil - one.completeUntil)
    return [...new Set([...healthy, ...(isUsable(primary) ? [primary] : []), ...lagging, ...all.filter(({ state }) => state !== 'SCHEMA_MISSING')])]
  }

  /** Resolves if any server can be used. Rejects with the error of the primary. */
  async function check (): Promise<void> {
    await Promise.any(all.map(host => host.probe())).catch((error: AggregateError) => { throw error.errors[0] })
  }

  /** Returns the status of each server, the primary first; for readiness and metrics. */
  function status (): HostStatus[] {
    return all.map(host => {
      const ms = host === primary ? 0 : Math.max(0, performance.now() - host.completeUntil)
      return { name: host.name, state: host.state, lagSeconds: Number.isFinite(ms) ? Math.round(ms / 100) / 10 : null }
    })
  }

  return { start, run, check, status, close: async () => { await Promise.all(all.map(host => host.close())) } }
}
