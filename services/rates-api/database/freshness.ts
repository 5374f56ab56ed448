import type { Sql } from 'postgres'

/** How far the data of a server extends. */
export type Position = {
  /** Distinguishes servers, and a server before and after a restart. */
  server: string
  isReplica: boolean
  /** WAL position: how far a replica has replayed, or how far a primary has flushed. A primary flushes a commit before it reports the commit. */
  lsn: number
  /** Time since the last transaction that a replica replayed, in ms; null if the replica has replayed none since its start. */
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

/** Number of remembered positions: ten minutes at one per second. A replica further behind is reported as older than it may be. */
const maxPositions = 600

/**
 * Computes an upper bound of the age of data, without a write. A replica that has replayed the position of the primary at some time
 * has every commit before that time. The replica's own data is not enough: a replica does not know which WAL it has not received,
 * and the time of its last transaction also ages while the primary is idle.
 */
export function openFreshness () {
  const positions: Array<{ lsn: number, queriedAt: number }> = []
  let primary: string | undefined

  /** Records the response of the primary to a query that began at `queriedAt`, in ms of one clock. */
  function recordPrimary ({ server, lsn }: Position, queriedAt: number): void {
    primary = server
    if (positions.at(-1)?.lsn === lsn) positions.pop() // the position has not moved
    positions.push({ lsn, queriedAt })
    if (positions.length > maxPositions) positions.shift()
  }

  /** Returns the time until which a server's data is complete; -Infinity if unknown. `queriedAt` is the time of the query that read the position. */
  function completeUntil ({ server, isReplica, lsn, lastReplayMs }: Position, queriedAt: number): number {
    // A promoted replica has a history of its own: it is no longer a copy of the primary.
    if (!isReplica) return server === primary ? queriedAt : -Infinity
    const reached = positions.findLast(known => known.lsn <= lsn)
    if (reached) return reached.queriedAt
    return lastReplayMs === null ? -Infinity : queriedAt - Math.max(0, lastReplayMs)
  }

  return { recordPrimary, completeUntil }
}
