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

/** `ok`, `lagging`, or the code of what is wrong; `unknown` before it was asked. */
export type HostState = string

export type HostOptions = {
  /** `primary`, `replica-1` …: addresses are nobody's business. */
  name: string
  connect: () => Sql
  limits: ConnectionLimits
  migrations: Migration[]
  log: Log
  /** Sees each question of the routes. */
  measure: (query: RunQuery) => RunQuery
  cacheFor: (server: string, readSnapshot: () => Promise<string | null>) => ResponseCache
  /** Takes what it says of its position, null where it does not, and tells whether it lags. */
  checkLag: (host: Host, position: Position | null, queriedAt: number) => 'ok' | 'lagging'
}

export type Host = ReturnType<typeof openHost>

/** Readiness is asked with a limit of 3 s; and what fails silently is told in time for a question to be asked elsewhere. */
const probeLimitMs = (limitMs: number): number => Math.min(limitMs / 2, 2_500)

/** A database server: its connections, what is known of it, and what is being asked of it. */
export function openHost ({ name, connect, limits, migrations, log, measure, cacheFor, checkLag }: HostOptions) {
  const logUnsupported = (what: string) => (err: unknown): void => log.warn({ host: name, err }, `the database host does not support a function: ${what}`)
  const snapshots = createOptionalQuery(currentSnapshot, logUnsupported('its responses are not cached'))
  const positions = createOptionalQuery(readPosition, logUnsupported('the age of its data is unknown'))
  // Probes have a connection of their own: a server that has a lot to do is not one that cannot do it.
  const { query: queryUnmeasured, close: closeConnections } = openConnections(connect, { ...limits, connections: limits.connections - 1 })
  const ask = measure(queryUnmeasured)
  const probeConnections = openConnections(connect, { ...limits, connections: 1, limitMs: probeLimitMs(limits.limitMs) })
  const inFlight = new Set<{ startedAt: number, reject: (error: unknown) => void }>()
  const closing = new AbortController()
  const host = {
    name,
    query: ask,
    queryWithSnapshot,
    cache: cacheFor(name, () => ask(snapshots.run)),
    state: 'unknown' as HostState,
    /** The time up to which its data is whole, in milliseconds of performance.now(). */
    completeUntil: -Infinity,
    inFlight: () => inFlight.size,
    isBusy: () => inFlight.size >= limits.connections - 1,
    trackWork,
    markLost,
    /** Resolves when it can do its work, rejects with what is wrong. */
    probe: coalesce(probe),
    keepProbing,
    async close () {
      closing.abort()
      await Promise.all([closeConnections(), probeConnections.close()])
    },
  }

  async function probe (): Promise<void> {
    const askedAt = performance.now()
    try {
      const position = await probeConnections.query(async sql => {
        await requireSchema(sql, migrations)
        return await positions.run(sql)
      })
      setState(checkLag(host, position, askedAt))
    } catch (error) {
      markLost(error, askedAt)
      throw error
    }
  }

  /** A question that can be put with the server's snapshot in it, and without it where the server refuses to tell that. */
  function queryWithSnapshot<T> (work: (sql: Sql, withSnapshot: boolean) => Promise<T>): Promise<T> {
    return ask(async sql => {
      if (!await snapshots.isSupported(sql)) return await work(sql, false)
      try {
        return await work(sql, true)
      } catch (error) {
        if (!isUnsupported(error)) throw error
        snapshots.forget(sql)
        if (await snapshots.isSupported(sql)) throw error // it is something else that is refused
        return await work(sql, false)
      }
    })
  }

  /** Work that asks this server; rejects when the server is lost meanwhile, which silence would not tell for long. */
  function trackWork<T> (work: (host: Host) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry = { startedAt: performance.now(), reject }
      inFlight.add(entry)
      work(host).then(resolve, reject).finally(() => inFlight.delete(entry))
    })
  }

  /**
   * Marks the server as lost and rejects work on it. `since` is when the probe or query that failed began, a time of
   * performance.now(). A refused or reset connection says how the server was then: work that began later may run on a server
   * that has come back, and fails by itself if not. A timeout says that the server is silent now: all work is rejected.
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
