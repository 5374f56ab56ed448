import { hash } from 'node:crypto'
import type { Sql } from 'postgres'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { readMigrations } from '../../../lib/migrations/migrations.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import { classify, isConnectionLost } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { openResponseCache } from '../cache/response-cache.ts'
import { createTimeoutProblem, type ConnectionLimits } from './connections.ts'
import { openFreshness, type Position } from './freshness.ts'
import { openHost, type Host, type HostState } from './host.ts'
import { measureQueries } from './query-metrics.ts'

export type HostsOptions = {
  /** Each opens a pool of one connection to its server: how many there are is `limits.connections`. */
  primary: () => Sql
  replicas: Array<() => Sql>
  log: Log
  metrics: Metrics
  limits: ConnectionLimits & {
    /** Text of answers that are kept, in characters, which are bytes here; 0 keeps none. */
    cacheBytes: number
    /** How old a replica's data may be before it is asked only where nothing else is left, in milliseconds. */
    maxLagMs: number
    /** Pause between two probes of a server, in milliseconds. */
    probeEveryMs: number
  }
}

const isUsable = ({ state }: Host): boolean => state === 'ok' || state === 'lagging'

/** `ageMs` is how old the data may be, null where it is the primary's: of now. */
export type HostResult<T> = { value: T, ageMs: number | null }
export type HostStatus = {
  name: string
  state: HostState
  /** How far it may be behind the primary; null where nobody knows. */
  lagSeconds: number | null
}
export type Hosts = ReturnType<typeof openHosts>

/**
 * The primary and its replicas, one set of connections each. A question goes to a replica, to the primary where none is fit, and
 * on to the next when a server fails under it: nothing is written here, so it may be asked twice. Without replicas there is the
 * primary and no more.
 */
export function openHosts ({ primary: connectPrimary, replicas: connectReplicas, log, metrics, limits }: HostsOptions) {
  const { limitMs, maxLagMs, probeEveryMs } = limits
  const { answersOf: cacheFor } = openResponseCache(limits.cacheBytes)
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
      if (position) freshness.notePrimary(position, queriedAt)
      return 'ok'
    }
    host.completeUntil = position ? freshness.wholeUntil(position, queriedAt) : -Infinity
    return performance.now() - host.completeUntil <= maxLagMs ? 'ok' : 'lagging'
  }

  /** The primary first, so that replicas have something to be compared with. */
  async function start (): Promise<void> {
    if (replicas.length === 0) return
    await primary.probe().catch(() => {})
    for (const host of all) host.keepProbing(probeEveryMs)
  }

  /** Does a piece of work at the server that is the best for it now. `key` is what is asked. */
  async function run<T> (key: string, work: (host: Host) => Promise<T>): Promise<HostResult<T>> {
    return await withDeadline(runInOrder(key, work), limitMs, () => createTimeoutProblem(limitMs))
  }

  async function runInOrder<T> (key: string, work: (host: Host) => Promise<T>): Promise<HostResult<T>> {
    let failure: unknown
    for (const host of rankHosts(key)) {
      const { completeUntil } = host // of the time before: the data may be as old
      const startedAt = performance.now()
      try {
        const value = await (replicas.length > 0 ? host.trackWork(work) : work(host))
        return { value, ageMs: host === primary ? null : performance.now() - completeUntil }
      } catch (error) {
        failure = error
        if (error instanceof Problem || classify(error) !== 'wait') throw error
        if (isConnectionLost(error) && replicas.length > 0 && isUsable(host)) host.markLost(error, startedAt)
      }
    }
    throw failure
  }

  /**
   * Replicas that are fit; the primary; replicas that lag, the freshest first; what does not answer. One question goes to one
   * replica while that has a free connection: its answer is kept once, and does not go back in time. Else to the least busy.
   */
  function rankHosts (key: string): Host[] {
    if (replicas.length === 0) return all
    const healthy = replicas.filter(({ state }) => state === 'ok')
      .map(host => ({ host, load: host.isBusy() ? host.inFlight() : 0, rank: hash('md5', host.name + key) }))
      .sort((one, other) => one.load - other.load || (one.rank < other.rank ? -1 : 1))
      .map(({ host }) => host)
    const lagging = replicas.filter(({ state }) => state === 'lagging').sort((one, other) => other.completeUntil - one.completeUntil)
    return [...new Set([...healthy, ...(isUsable(primary) ? [primary] : []), ...lagging, ...all])]
  }

  /** Resolves when any of them can be used, rejects with what is wrong with the primary. */
  async function check (): Promise<void> {
    await Promise.any(all.map(host => host.probe())).catch((error: AggregateError) => { throw error.errors[0] })
  }

  /** What is known of each, the primary first; for readiness and metrics. */
  function status (): HostStatus[] {
    return all.map(host => {
      const ms = host === primary ? 0 : Math.max(0, performance.now() - host.completeUntil)
      return { name: host.name, state: host.state, lagSeconds: Number.isFinite(ms) ? Math.round(ms / 100) / 10 : null }
    })
  }

  return { start, run, check, status, close: async () => { await Promise.all(all.map(host => host.close())) } }
}
