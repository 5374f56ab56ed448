import { connect } from 'node:net'
import postgres, { type Sql } from 'postgres'
import { release } from './release.ts'

export type DatabaseOptions = {
  url: string
  /** Process name; the connection shows it with the release, which the migrator looks at. */
  process: string
  /** Connections of this pool. */
  poolSize: number
  /** Longest time of one statement, in milliseconds; 0 is no limit. */
  statementTimeoutMs?: number
}

/**
 * A pool that connects when it is first used and again after every loss. Days come as `YYYY-MM-DD`, as a day has no time
 * zone; bigint as number, since no count or sum here reaches 2^53.
 */
export function openDatabase ({ url, process, poolSize, statementTimeoutMs = 30_000 }: DatabaseOptions): Sql {
  const options = {
    max: poolSize,
    connect_timeout: 5,
    idle_timeout: 300,
    max_lifetime: 1800,
    // The library waits up to 20 s before it tries again: a request would hang so long after the database is back.
    backoff: () => 0.1,
    onnotice: () => {},
    connection: {
      application_name: `${process}@${release}`,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 60_000,
      TimeZone: 'UTC',
    },
    types: {
      date: { to: 1082, from: [1082], serialize: (day: string) => day, parse: (day: string) => day },
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
    },
    // The library leaves Nagle's algorithm on: a small write behind another then waits 40 ms for the server's delayed
    // acknowledgement, twice in every COPY.
    socket: ({ host, port }: { host: string[], port: number[] }) => connect({ host: host[0]!, port: port[0]!, noDelay: true }),
  }
  return postgres(url, options as object) as unknown as Sql
}
