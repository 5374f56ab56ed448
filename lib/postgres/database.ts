import type { Socket } from 'node:net'
import postgres, { type Sql } from 'postgres'
import type { Passwords } from './database-auth.ts'
import { tlsOf } from './database-tls.ts'
import { arrayTypes } from './array-types.ts'
import { forgetDeadBackends } from './dead-backends.ts'
import { withDeadline } from '../process/deadline.ts'
import { isReadOnly } from '../process/failures.ts'
import { createFailedConnection, openConnection } from './connection.ts'
import { release } from '../process/release.ts'

export type DatabaseOptions = {
  url: string
  /** Creates the password of each connection; undefined if the URL has the password. */
  passwords?: Passwords | undefined
  /** Process name. The connection's `application_name` has it with the release, and the migrator reads both. */
  process: string
  /** Maximum connections of this pool. */
  poolSize: number
  /** Maximum duration of one statement, in ms; 0 is no limit. */
  statementTimeoutMs?: number
  /** Silence in ms after which a connection that awaits a response is closed. Must exceed the duration of any statement. */
  silenceMs?: number
  /** Server parameters of each connection. */
  settings?: Record<string, string>
}

/**
 * Opens a pool that connects at its first query and reconnects after every loss. A connection to RDS is encrypted and verifies the server.
 *
 * - `date` is parsed as `YYYY-MM-DD`, because a day has no time zone.
 * - `bigint` is parsed as a number: no count, size or batch number reaches 2^53.
 * - `bigint[]` is parsed as strings of digits: it holds sums that exceed 2^53.
 */
export function openDatabase (options: DatabaseOptions): Sql {
  const { url, passwords, process, poolSize, statementTimeoutMs = 30_000, silenceMs = 0, settings = {} } = options
  const { url: address, ssl } = tlsOf(url)
  const user = decodeURIComponent(new URL(address).username)
  let password: string | undefined
  const sockets = new Set<Socket>()
  const client = {
    ssl: false as const, // the socket already has TLS
    max: poolSize,
    connect_timeout: 5,
    keep_alive: 15,
    idle_timeout: 300,
    max_lifetime: 1800,
    // By default postgres.js waits up to 20 s before a reconnect: a request would wait that long after the database has recovered.
    backoff: () => 0.1,
    onnotice: () => {},
    connection: {
      application_name: `${process}@${release}`,
      statement_timeout: statementTimeoutMs,
      // The server ends the session of a client that disappeared, and releases its locks.
      idle_in_transaction_session_timeout: 60_000,
      tcp_user_timeout: 30_000,
      tcp_keepalives_idle: 15,
      tcp_keepalives_interval: 5,
      tcp_keepalives_count: 3,
      TimeZone: 'UTC',
      // PostgreSQL would build a generic plan over every partition at the sixth execution of a statement on `prices`, and discard it.
      plan_cache_mode: 'force_custom_plan',
      ...settings,
    },
    fetch_types: false,
    types: {
      ...arrayTypes,
      date: { to: 1082, from: [1082], serialize: (day: string) => day, parse: (day: string) => day },
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
    },
    // All connections of a pool use the same login, so the newest password is valid for each. postgres.js does not survive a
    // rejection of this function: `connect` creates the password before it opens the socket.
    ...(passwords ? { password: () => password } : {}),
    async socket ({ host: [host], port: [port] }: { host: string[], port: number[] }) {
      const socket = await connect(host!, port!)
      for (const set of [sockets, openSockets]) {
        removeDestroyed(set)
        set.add(socket)
      }
      return socket
    },
  }
  const sql = forgetDeadBackends(postgres(address, client as object) as unknown as Sql)
  socketsOf.set(sql, sockets)
  return sql

  async function connect (host: string, port: number): Promise<Socket> {
    try {
      if (passwords) password = await withDeadline(passwords({ host, port, user }), passwordMs)
    } catch (error) {
      return createFailedConnection(error as Error)
    }
    return await openConnection({ host, port, ssl, silenceMs })
  }
}

/** Maximum wait for credentials, in ms. */
const passwordMs = 5_000

const openSockets = new Set<Socket>()
/** Returns the number of open connections of all pools of this process. */
export function countConnections (): number {
  removeDestroyed(openSockets)
  return openSockets.size
}

/** postgres.js removes all listeners of a socket, so no `close` listener can do this. During an outage many sockets are destroyed. */
function removeDestroyed (sockets: Set<Socket>): void {
  for (const socket of sockets) if (socket.destroyed) sockets.delete(socket)
}

const socketsOf = new WeakMap<Sql, ReadonlySet<Socket>>()

/** Returns the open connection of a pool of one, as its identity; undefined if none is open. */
export function connectionOf (sql: Sql): object | undefined {
  return [...socketsOf.get(sql) ?? []].find(socket => !socket.destroyed)
}

/**
 * Closes all connections of a pool if `error` says that the server refuses writes. After a failover they may still reach the old
 * primary, which is now a replica.
 */
export function closeReadOnlyConnections (sql: Sql, error: unknown): void {
  if (!isReadOnly(error)) return
  for (const socket of socketsOf.get(sql) ?? []) socket.destroy()
}
