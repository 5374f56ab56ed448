import type { Sql } from 'postgres'
import type { Queue } from '../../../lib/batch/queue.ts'
import { atOnce } from './at-once.ts'

/**
 * The batches whose messages a restored database does not know of, while their rows are not final: those that were waiting or being processed
 * at the moment that it was restored to, and those whose rows a replay has written (`recordLost`), this one or one that was interrupted.
 */
const unsent = (sql: Sql, since: Date) => sql`
  state in ('queued', 'processing') and (queued_at <= ${since.toISOString()} or queued_at = 'infinity')`

/** Counts those of each provider. */
export async function countInterrupted (sql: Sql, since: Date): Promise<Map<string, number>> {
  const rows = await sql<Array<{ provider: string, count: number }>>`
    select provider, count(*)::int from batches where ${unsent(sql, since)} group by provider`
  return new Map(rows.map(({ provider, count }) => [provider, count]))
}

/** Batches that are sent between two notes of it in the database. */
const page = 500
const sendsAtOnce = 16

/**
 * Sends a message for each, a provider's in the order of their acceptance. A process that ends in between has sent some that are not noted:
 * the next run sends them again, which changes nothing. Yields the number of messages sent, a page at a time.
 */
export async function * sendUnfinished (sql: Sql, queue: Queue, since: Date): AsyncGenerator<number> {
  // Not the batch's id: SQS drops a message that was sent under the same deduplication id within five minutes.
  const run = Date.now()
  let after = { accepted_at: '-infinity', id: '' }
  for (;;) {
    const rows = await sql<Array<{ id: string, provider: string, accepted_at: string }>>`
      select id, provider, accepted_at::text from batches
      where ${unsent(sql, since)} and (accepted_at, id) > (${after.accepted_at}::text::timestamptz, ${after.id})
      order by batches.accepted_at, id limit ${page}`
    if (rows.length === 0) return
    const ofProviders = Map.groupBy(rows, ({ provider }) => provider)
    await atOnce(sendsAtOnce, ofProviders, async ([provider, batches]) => {
      for (const { id } of batches) await queue.send(id, provider, `${id}-${run}`)
    })
    await sql`
      update batches set queued_at = clock_timestamp() where id = any(${rows.map(({ id }) => id)}) and ${unsent(sql, since)}`
    yield rows.length
    after = rows.at(-1)!
  }
}
