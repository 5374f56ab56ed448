import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Migration } from '../../../lib/migrations/migrations.ts'
import type { Log } from '../../../lib/process/log.ts'
import { isTimeout } from '../../../lib/process/failures.ts'
import { requireSchema } from '../../../lib/migrations/schema.ts'
import type { ResponseCache } from '../cache/response-cache.ts'
import { openConnections, type RunQuery, type ConnectionLimits } from './connections.ts'
import { readPosition, type Position } from './freshness.ts'
import { isUnsupported, createOptionalQuery } from './optional-query.ts'
import { coalesce } from '../cache/coalesce.ts'
import { currentSnapshot } from '../cache/snapshot.ts'

/** `ok`, `lagging`, or the code of the error; `unknown` before the first probe. */
export type HostState = string

export type HostOptions = {
  /** `primary`, `replica-1` …: logs and responses must not show addresses. */
  name: string
  connect: () => Sql
  limits: ConnectionLimits
  migrations: Migration[]
  log: Log
  /** Wraps the queries of the routes with metrics. */
  measure: (query: RunQuery) => RunQuery
  cacheFor: (server: string, readSnapshot: () => Promise<string | null>) => ResponseCache
  /** Receives the server's position, null if unsupported, and returns whether the server lags. */
  checkLag: (host: Host, position: Position | null, queriedAt: number) => 'ok' | 'lagging'
}

export type Host = ReturnType<typeof openHost>

/** Maximum duration of a probe, in ms. Readiness has a limit of 3 s. A server that fails silently must be noticed in time for a retry on another. */
const probeLimitMs = (limitMs: number): number => Math.min(limitMs / 2, 2_500)

/** Opens a database server: its connections, its state, and the work in flight on it. */
export function openHost ({ name, connect, limits, migrations, log, measure, cacheFor, checkLag }: HostOptions) {
  const logUnsupported = (what: string) => (err: unknown): void => log.warn({ host: name, err }, `the database host does not support a function: ${what}`)
  const snapshots = createOptionalQuery(currentSnapshot, logUnsupported('its responses are not cached'))
  const positions = createOptionalQuery(readPosition, logUnsupported('the age of its data is unknown'))
  // Probes have their own connection: a busy server is not an unavailable server.
  const { query: queryUnmeasured, close: closeConnections } = openConnections(connect, { ...limits, connections: limits.connections - 1 })
  const query = measure(queryUnmeasured)
  const probeConnections = openConnections(connect, { ...limits, connections: 1, limitMs: probeLimitMs(limits.limitMs) })
  const inFlight = new Set<{ startedAt: number, reject: (error: unknown) => void }>()
  const closing = new AbortController()
  const host = {
    name,
    query,
    queryWithSnapshot,
    /** Makes every later commit of the primary later than the call. Waits for a commit under way. */
    passTime: coalesce(() => query(async sql => { await sql`select pass_time()` })),
    cache: cacheFor(name, () => query(snapshots.run)),
    state: 'unknown' as HostState,
    /** Time until which the server's data is complete, in ms of performance.now(). */
    completeUntil: -Infinity,
    inFlight: () => inFlight.size,
    isBusy: () => inFlight.size >= limits.connections - 1,
    trackWork,
    markLost,
    /** Resolves if the server can work, and rejects with the error. */
    probe: coalesce(probe),
    keepProbing,
    async close () {
      closing.abort()
      await Promise.all([closeConnections(), probeConnections.close()])
    },
  }

  async function probe (): Promise<void> {
    const queriedAt = performance.now()
    try {
      const position = await probeConnections.query(async sql => {
        await requireSchema(sql, migrations)
        return await positions.run(sql)
      })
      setState(checkLag(host, position, queriedAt))
    } catch (error) {
      markLost(error, queriedAt)
      throw error
    }
  }

  /** Runs a query together with the server's snapshot, or without it if the server refuses the snapshot function. */
  function queryWithSnapshot<T> (work: (sql: Sql, withSnapshot: boolean) => Promise<T>): Promise<T> {
    return query(async sql => {
      if (!await snapshots.isSupported(sql)) return await work(sql, false)
      try {
        return await work(sql, true)
      } catch (error) {
        if (!isUnsupported(error)) throw error
        snapshots.forget(sql)
        if (await snapshots.isSupported(sql)) throw error // the server refused something else
        return await work(sql, false)
      }
    })
  }

  /** Runs work on this server. Rejects as soon as the server is marked as lost, because a silent connection reports the loss late. */
  function trackWork<T> (work: (host: Host) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry = { startedAt: performance.now(), reject }
      inFlight.add(entry)
      work(host).then(resolve, reject).finally(() => inFlight.delete(entry))
    })
  }

  /**
   * Marks the server as lost and rejects work on it. `since` is when the failed probe or query began, in ms of performance.now().
   * A refused or reset connection describes the server at that time: work that began later may run on a recovered server, and
   * fails by itself if not. A timeout means that the server is silent now: all work is rejected.
   */
  function markLost (error: unknown, since: number): void {
    setState(String((error as { code?: string }).code ?? 'failed'), error)
    const lost = Object.assign(new Error(`${name} is unavailable`, { cause: error }), { code: 'CONNECTION_CLOSED' })
    const before = isTimeout(error) ? Infinity : since
    for (const { startedAt, reject } of inFlight) if (startedAt < before) reject(lost)
  }

  function setState (state: HostState, err?: unknown): void {
    if (state === host.state || closing.signal.aborted) return
    const from = host.state
    host.state = state
    log[state === 'ok' ? 'info' : 'warn']({ host: name, from, to: state, ...(err ? { err } : {}) }, 'database host state changed')
  }

  async function keepProbing (everyMs: number): Promise<void> {
    while (!closing.signal.aborted) {
      await host.probe().catch(() => {})
      await pause(everyMs, undefined, { ref: false, signal: closing.signal }).catch(() => {})
    }
  }

  return host
}
