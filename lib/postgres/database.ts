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
  /** Makes the password of each connection; undefined where the URL has it. */
  passwords?: Passwords | undefined
  /** Process name; the connection shows it with the release, which the migrator looks at. */
  process: string
  /** Connections of this pool. */
  poolSize: number
  /** Longest time of one statement, in milliseconds; 0 is no limit. */
  statementTimeoutMs?: number
  /** Longest wait for an answer without a byte of it, in milliseconds, before a connection is taken for dead; more than any statement takes. */
  silenceMs?: number
  /** Server parameters of each connection. */
  settings?: Record<string, string>
}

/**
 * A pool that connects when it is first used and again after every loss. Days come as `YYYY-MM-DD`, as a day has no time
 * zone; a bigint as number, since no count, size or batch number here reaches 2^53; an array of bigint, which holds sums that do, as
 * digits. A link to RDS is encrypted and its server verified.
 */
export function openDatabase (options: DatabaseOptions): Sql {
  const { url, passwords, process, poolSize, statementTimeoutMs = 30_000, silenceMs = 0, settings = {} } = options
  const { url: address, ssl } = tlsOf(url)
  const user = decodeURIComponent(new URL(address).username)
  let password: string | undefined
  const sockets = new Set<Socket>()
  const client = {
    ssl: false as const, // the link has it already
    max: poolSize,
    connect_timeout: 5,
    keep_alive: 15,
    idle_timeout: 300,
    max_lifetime: 1800,
    // The library waits up to 20 s before it tries again: a request would hang so long after the database is back.
    backoff: () => 0.1,
    onnotice: () => {},
    connection: {
      application_name: `${process}@${release}`,
      statement_timeout: statementTimeoutMs,
      // The server lets go of a client that is gone without a word, and of what it has locked.
      idle_in_transaction_session_timeout: 60_000,
      tcp_user_timeout: 30_000,
      tcp_keepalives_idle: 15,
      tcp_keepalives_interval: 5,
      tcp_keepalives_count: 3,
      TimeZone: 'UTC',
      // The sixth execution of a statement on `prices` would make a plan of every partition, to throw it away.
      plan_cache_mode: 'force_custom_plan',
      ...settings,
    },
    fetch_types: false,
    types: {
      ...arrayTypes,
      date: { to: 1082, from: [1082], serialize: (day: string) => day, parse: (day: string) => day },
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
    },
    // All connections of a pool log in alike: the newest password is as good as their own. Where one cannot be had when it is
    // asked for here, the library would not survive it: so it is made before the link.
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

/** Longest wait for credentials, in milliseconds. */
const passwordMs = 5_000

const openSockets = new Set<Socket>()
/** Open links of all pools of this process. */
export function countConnections (): number {
  removeDestroyed(openSockets)
  return openSockets.size
}

/** The library takes all listeners off a socket, so that none can tell its end; and while a database is away there are many. */
function removeDestroyed (sockets: Set<Socket>): void {
  for (const socket of sockets) if (socket.destroyed) sockets.delete(socket)
}

const socketsOf = new WeakMap<Sql, ReadonlySet<Socket>>()

/** The open connection of a pool of one, by which another one can be told from it; undefined where none is open. */
export function connectionOf (sql: Sql): object | undefined {
  return [...socketsOf.get(sql) ?? []].find(socket => !socket.destroyed)
}

/**
 * Closes all connections of a pool where `error` says that the server refuses writes: after a failover they may still reach the
 * old primary, which is a replica now, for as long as they last.
 */
export function closeReadOnlyConnections (sql: Sql, error: unknown): void {
  if (!isReadOnly(error)) return
  for (const socket of socketsOf.get(sql) ?? []) socket.destroy()
}
