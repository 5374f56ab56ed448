import type { Sql } from 'postgres'

/** How far a server's data goes. */
export type Position = {
  /** Tells servers apart, and what one was before its last start. */
  server: string
  isReplica: boolean
  /** Place in the log: up to where a replica has replayed it, or a primary has made it safe, as it has each commit that it told of. */
  lsn: number
  /** Time since the last transaction that a replica has replayed, in milliseconds; null where there was none since its start. */
  lastReplayMs: number | null
}

export async function readPosition (sql: Sql): Promise<Position> {
  const [position] = await sql<Position[]>`
    select
      pg_postmaster_start_time()::text as server,
      pg_is_in_recovery() as "isReplica",
      (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end - '0/0')::bigint as lsn,
      (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::float8 as "lastReplayMs"`
  return position!
}

/** Places kept: at one a second ten minutes. A replica further behind is told to be older than it may be. */
const maxPositions = 600

/**
 * Tells how old data may be, for certain and without a write: a replica that has got to where the primary was at some time has
 * all that was committed until then. The replica's own words would not do: it does not know what has not reached it, and the
 * time of its last transaction grows old on a primary that has nothing to do.
 */
export function openFreshness () {
  const positions: Array<{ lsn: number, queriedAt: number }> = []
  let primary: string | undefined

  /** What the primary said to a question that was put at `askedAt`, in milliseconds of one clock. */
  function recordPrimary ({ server, lsn }: Position, queriedAt: number): void {
    primary = server
    if (positions.at(-1)?.lsn === lsn) positions.pop() // where it still is
    positions.push({ lsn, queriedAt })
    if (positions.length > maxPositions) positions.shift()
  }

  /** The time up to which a server's data is whole; -Infinity where nobody knows. */
  function completeUntil ({ server, isReplica, lsn: place, lastReplayMs }: Position, askedAt: number): number {
    // A replica that was promoted is on its own way: it is no copy of the primary any more.
    if (!isReplica) return server === primary ? askedAt : -Infinity
    const reached = positions.findLast(known => known.lsn <= place)
    if (reached) return reached.queriedAt
    return lastReplayMs === null ? -Infinity : askedAt - Math.max(0, lastReplayMs)
  }

  return { notePrimary: recordPrimary, wholeUntil: completeUntil }
}

export type Freshness = ReturnType<typeof openFreshness>
