import type { Sql } from 'postgres'
import type { Lane } from './due.ts'

type Lanes = { kind: number, month: string, lanes: Lane[] }

/**
 * Locks the origins of the lanes until the end of the transaction, and returns the lanes whose origin it could lock. Another worker merges the
 * others. Statements after this one see all that the last worker with the lock has committed.
 */
export async function lockOrigins (tx: Sql, { kind, month, lanes }: Lanes): Promise<Lane[]> {
  if (lanes.length === 0) return []
  const locked = await tx<Array<{ orig: string }>>`
    select orig from unnest(${[...new Set(lanes.map(({ orig }) => orig))]}::text[]) as orig
    where pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', 'merge', ${kind}::int, ${month}::text, orig), 0))`
  const origins = new Set(locked.map(({ orig }) => orig))
  return lanes.filter(({ orig }) => origins.has(orig))
}
