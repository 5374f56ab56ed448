import { hash } from 'node:crypto'
import type { Sql } from 'postgres'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { readMigrations } from '../../../lib/migrations/migrations.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import { classify, isLinkLost } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { keepAnswers } from '../cache/response-cache.ts'
import { tooLate, type ConnectionLimits } from './connections.ts'
import { openFreshness, type Position } from './freshness.ts'
import { openHost, type Host, type HostState } from './host.ts'
import { questionWatch } from './query-metrics.ts'

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

const isKnownGood = ({ state }: Host): boolean => state === 'ok' || state === 'lagging'

/** `ageMs` is how old the data may be, null where it is the primary's: of now. */
export type Answered<T> = { value: T, ageMs: number | null }
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
  const { answersOf } = keepAnswers(limits.cacheBytes)
  const freshness = openFreshness()
  const common = {
    limits, log, watch: questionWatch(metrics), judge, migrations: readMigrations(), answersOf,
  }
  const primary = openHost({ ...common, name: 'primary', connect: connectPrimary })
  const replicas = connectReplicas.map((connect, index) => openHost({ ...common, name: `replica-${index + 1}`, connect }))
  const all = [primary, ...replicas]
  metrics.ask('freight_database_host_fit', () => status().map(({ name: host, state }) => [{ host }, state === 'unknown' ? undefined : Number(state === 'ok')]))
  metrics.ask('freight_database_host_lag_seconds', () => status().map(({ name: host, lagSeconds }) => [{ host }, lagSeconds ?? undefined]))

  function judge (host: Host, position: Position | null, askedAt: number): 'ok' | 'lagging' {
    if (host === primary) {
      if (position) freshness.notePrimary(position, askedAt)
      return 'ok'
    }
    host.wholeUntil = position ? freshness.wholeUntil(position, askedAt) : -Infinity
    return performance.now() - host.wholeUntil <= maxLagMs ? 'ok' : 'lagging'
  }

  /** The primary first, so that replicas have something to be compared with. */
  async function start (): Promise<void> {
    if (replicas.length === 0) return
    await primary.probe().catch(() => {})
    for (const host of all) host.keepProbing(probeEveryMs)
  }

  /** Does a piece of work at the server that is the best for it now. `key` is what is asked. */
  async function ask<T> (key: string, work: (host: Host) => Promise<T>): Promise<Answered<T>> {
    return await withDeadline(askInOrder(key, work), limitMs, () => tooLate(limitMs))
  }

  async function askInOrder<T> (key: string, work: (host: Host) => Promise<T>): Promise<Answered<T>> {
    let failure: unknown
    for (const host of inOrder(key)) {
      const { wholeUntil } = host // of the time before: the data may be as old
      const startedAt = performance.now()
      try {
        const value = await (replicas.length > 0 ? host.work(work) : work(host))
        return { value, ageMs: host === primary ? null : performance.now() - wholeUntil }
      } catch (error) {
        failure = error
        if (error instanceof Problem || classify(error) !== 'wait') throw error
        if (isLinkLost(error) && replicas.length > 0 && isKnownGood(host)) host.lose(error, startedAt)
      }
    }
    throw failure
  }

  /**
   * Replicas that are fit; the primary; replicas that lag, the freshest first; what does not answer. One question goes to one
   * replica while that has a free connection: its answer is kept once, and does not go back in time. Else to the least busy.
   */
  function inOrder (key: string): Host[] {
    if (replicas.length === 0) return all
    const fit = replicas.filter(({ state }) => state === 'ok')
      .map(host => ({ host, load: host.isBusy() ? host.inHand() : 0, turn: hash('md5', host.name + key) }))
      .sort((one, other) => one.load - other.load || (one.turn < other.turn ? -1 : 1))
      .map(({ host }) => host)
    const lagging = replicas.filter(({ state }) => state === 'lagging').sort((one, other) => other.wholeUntil - one.wholeUntil)
    return [...new Set([...fit, ...(isKnownGood(primary) ? [primary] : []), ...lagging, ...all])]
  }

  /** Resolves when any of them can be used, rejects with what is wrong with the primary. */
  async function check (): Promise<void> {
    await Promise.any(all.map(host => host.probe())).catch((error: AggregateError) => { throw error.errors[0] })
  }

  /** What is known of each, the primary first; for readiness and metrics. */
  function status (): HostStatus[] {
    return all.map(host => {
      const ms = host === primary ? 0 : Math.max(0, performance.now() - host.wholeUntil)
      return { name: host.name, state: host.state, lagSeconds: Number.isFinite(ms) ? Math.round(ms / 100) / 10 : null }
    })
  }

  return { start, ask, check, status, end: async () => { await Promise.all(all.map(host => host.end())) } }
}
