import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Migration } from '../../../lib/migrations/migrations.ts'
import type { Log } from '../../../lib/process/log.ts'
import { isTimeout } from '../../../lib/process/failures.ts'
import { requireSchema } from '../../../lib/migrations/schema.ts'
import type { Answers } from '../cache/response-cache.ts'
import { openConnections, type Ask, type ConnectionLimits } from './connections.ts'
import { askPosition, type Position } from './freshness.ts'
import { isRefusal, refusable } from './optional-query.ts'
import { shareQuestion } from '../cache/coalesce.ts'
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
  watch: (ask: Ask) => Ask
  answersOf: (server: string, askSnapshot: () => Promise<string | null>) => Answers
  /** Takes what it says of its position, null where it does not, and tells whether it lags. */
  judge: (host: Host, position: Position | null, askedAt: number) => 'ok' | 'lagging'
}

export type Host = ReturnType<typeof openHost>

/** Readiness is asked with a limit of 3 s; and what fails silently is told in time for a question to be asked elsewhere. */
const probeLimitMs = (limitMs: number): number => Math.min(limitMs / 2, 2_500)

/** A database server: its connections, what is known of it, and what is being asked of it. */
export function openHost ({ name, connect, limits, migrations, log, watch, answersOf, judge }: HostOptions) {
  const refused = (what: string) => (err: unknown): void => log.warn({ host: name, err }, `the database host refuses a function: ${what}`)
  const snapshots = refusable(currentSnapshot, refused('its answers are not kept'))
  const positions = refusable(askPosition, refused('the age of its data is unknown'))
  // Probes have a connection of their own: a server that has a lot to do is not one that cannot do it.
  const { ask: askUnseen, end } = openConnections(connect, { ...limits, connections: limits.connections - 1 })
  const ask = watch(askUnseen)
  const probing = openConnections(connect, { ...limits, connections: 1, limitMs: probeLimitMs(limits.limitMs) })
  const inHand = new Set<{ startedAt: number, reject: (error: unknown) => void }>()
  const ended = new AbortController()
  const host = {
    name,
    ask,
    askWithSnapshot,
    answers: answersOf(name, () => ask(snapshots.ask)),
    state: 'unknown' as HostState,
    /** The time up to which its data is whole, in milliseconds of performance.now(). */
    wholeUntil: -Infinity,
    inHand: () => inHand.size,
    isBusy: () => inHand.size >= limits.connections - 1,
    work,
    lose,
    /** Resolves when it can do its work, rejects with what is wrong. */
    probe: shareQuestion(probe),
    keepProbing,
    async end () {
      ended.abort()
      await Promise.all([end(), probing.end()])
    },
  }

  async function probe (): Promise<void> {
    const askedAt = performance.now()
    try {
      const position = await probing.ask(async sql => {
        await requireSchema(sql, migrations)
        return await positions.ask(sql)
      })
      become(judge(host, position, askedAt))
    } catch (error) {
      lose(error, askedAt)
      throw error
    }
  }

  /** A question that can be put with the server's snapshot in it, and without it where the server refuses to tell that. */
  function askWithSnapshot<T> (question: (sql: Sql, tellsSnapshot: boolean) => Promise<T>): Promise<T> {
    return ask(async sql => {
      if (!await snapshots.isAnswered(sql)) return await question(sql, false)
      try {
        return await question(sql, true)
      } catch (error) {
        if (!isRefusal(error)) throw error
        snapshots.forget(sql)
        if (await snapshots.isAnswered(sql)) throw error // it is something else that is refused
        return await question(sql, false)
      }
    })
  }

  /** Work that asks this server; rejects when the server is lost meanwhile, which silence would not tell for long. */
  function work<T> (of: (host: Host) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry = { startedAt: performance.now(), reject }
      inHand.add(entry)
      of(host).then(resolve, reject).finally(() => inHand.delete(entry))
    })
  }

  /**
   * Marks the server as lost and rejects work on it. `since` is when the probe or query that failed began, a time of
   * performance.now(). A refused or reset connection says how the server was then: work that began later may run on a server
   * that has come back, and fails by itself if not. A timeout says that the server is silent now: all work is rejected.
   */
  function lose (error: unknown, since: number): void {
    become(String((error as { code?: string }).code ?? 'failed'), error)
    const lost = Object.assign(new Error(`${name} is lost`, { cause: error }), { code: 'CONNECTION_CLOSED' })
    const before = isTimeout(error) ? Infinity : since
    for (const { startedAt, reject } of inHand) if (startedAt < before) reject(lost)
  }

  function become (state: HostState, err?: unknown): void {
    if (state === host.state || ended.signal.aborted) return
    const from = host.state
    host.state = state
    log[state === 'ok' ? 'info' : 'warn']({ host: name, from, to: state, ...(err ? { err } : {}) }, 'database host')
  }

  async function keepProbing (everyMs: number): Promise<void> {
    while (!ended.signal.aborted) {
      await host.probe().catch(() => {})
      await pause(everyMs, undefined, { ref: false, signal: ended.signal }).catch(() => {})
    }
  }

  return host
}
