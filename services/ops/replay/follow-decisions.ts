import type { Sql } from 'postgres'
import { followDecision } from '../../../lib/batch/follow-decision.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { unreadable, type Unreadable } from './unreadable.ts'

export type Followed = {
  id: string
  provider: string
  /** Its row says that the batch was queued or processing at the time that the database was restored to. */
  interrupted: boolean
}

/**
 * Finds the batches that were rejected, validated or discarded at `from` or later and whose row is not final, because the database was
 * restored to the earlier time `since`. Updates their rows to the decisions, unless `dryRun`. Yields one page of the listing at a time.
 */
export async function * followDecisions (
  sql: Sql, store: Store, { from, since, dryRun }: { from: Date, since: Date, dryRun: boolean }
): AsyncGenerator<{ followed: Followed[], unreadable: Unreadable[] }> {
  for await (const ids of store.listIds('decisions', from)) {
    const rows = await sql<Followed[]>`
      select id, provider, state in ('queued', 'processing') and queued_at <= ${since.toISOString()} as interrupted
      from batches where id = any(${ids}) and state in ('queued', 'processing', 'dead_lettered')`
    const found = { followed: [] as Followed[], unreadable: [] as Unreadable[] }
    for (const row of rows) {
      try {
        const decision = await store.readDecision(row.id)
        if (decision && (dryRun || await transaction(sql, tx => followDecision(tx, decision)))) found.followed.push(row)
      } catch (error) {
        found.unreadable.push(unreadable(row.id, error))
      }
    }
    yield found
  }
}
