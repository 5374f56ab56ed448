import type { Sql } from 'postgres'
import { Problem } from '../../../lib/http/problem.ts'
import { errorAt, invalidParameters } from '../rates/parameters.ts'

/** Thrown if a batch may still become visible whose time is not later than the moment. Another server may have passed the moment. */
export class NotReached extends Problem {
  constructor () {
    super('database-unavailable', 'No server that can be reached has passed the moment of as_of; try again')
  }
}

export type Moment = {
  asOf: string
  /** Days before today (UTC) that a moment may be in. */
  keepDays: number
  /** True if the server should be a replica. A replica that was promoted has commits of its own. */
  isReplica: boolean
}

/**
 * Checks that every batch and load of reference data whose time is not later than the moment is visible. The time of a commit is later than the
 * time of each commit before, so this is so as soon as the time of the last one is not earlier than the moment.
 *
 * Throws NotReached, and `invalid-parameters` for a moment that is in the future, too long ago, or at which a restore has lost commits.
 * Only the primary knows what is in the future.
 */
export async function checkMoment (tx: Sql, { asOf, keepDays, isReplica }: Moment): Promise<void> {
  const [row] = await tx<[{ isReached: boolean, isReplica: boolean, isFuture: boolean, isTooEarly: boolean, earliest: string, gap: string | null }]>`
    select at >= as_of as "isReached", pg_is_in_recovery() as "isReplica", as_of > greatest(at, clock_timestamp()) as "isFuture",
      as_of < earliest as "isTooEarly", ${utcText(tx, tx`earliest`)} as earliest,
      (select ${utcText(tx, tx`from_at`)} || ' until ' || ${utcText(tx, tx`until_at`)} from as_of_gaps where as_of >= from_at and as_of < until_at limit 1) as gap
    from ledger_position
      cross join (select ${asOf}::text::timestamptz as as_of) as query
      cross join lateral (select greatest(as_of_since, date_trunc('day', clock_timestamp()) - make_interval(days => ${keepDays}))) as kept (earliest)`
  if (isReplica && !row.isReplica) throw new NotReached()
  if (row.isTooEarly) throw outOfRange(`is before ${row.earliest}, the earliest moment that can be told`, row.earliest)
  if (row.gap !== null) throw outOfRange(`is in a time that a restore of the database has lost, from ${row.gap}`, row.earliest)
  if (row.isReached) return
  throw !isReplica && row.isFuture ? outOfRange('is in the future', row.earliest) : new NotReached()
}

/** Formats a time of a session whose time zone is UTC. */
const utcText = (tx: Sql, time: ReturnType<Sql>) => tx`to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

function outOfRange (message: string, earliest: string): Problem {
  return invalidParameters([errorAt('as_of', 'out_of_range', message)], { earliest })
}
