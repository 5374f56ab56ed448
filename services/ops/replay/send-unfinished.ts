import type { Sql } from 'postgres'
import type { Queue } from '../../../lib/batch/queue.ts'
import { atOnce } from '../../../lib/process/at-once.ts'

/**
 * Selects unfinished batches whose messages must be sent: those that were queued or processing at the time that the database was restored
 * to, and those whose rows a replay has written (`recordLost`), including an interrupted replay.
 */
const unsent = (sql: Sql, since: Date) => sql`
  state in ('queued', 'processing') and (queued_at <= ${since.toISOString()} or queued_at = 'infinity')`

/** Counts these batches for each provider. */
export async function countInterrupted (sql: Sql, since: Date): Promise<Map<string, number>> {
  const rows = await sql<Array<{ provider: string, count: number }>>`
    select provider, count(*)::int from batches where ${unsent(sql, since)} group by provider`
  return new Map(rows.map(({ provider, count }) => [provider, count]))
}

/** Number of messages sent between two updates of the rows. */
const page = 500
const sendsAtOnce = 16

/**
 * Sends a message for each batch, those of a provider in the order of acceptance. If the process ends between a send and the update of the
 * rows, the next run sends these messages again, which has no effect. Yields the number of messages sent per page.
 */
export async function * sendUnfinished (sql: Sql, queue: Queue, since: Date): AsyncGenerator<number> {
  // The deduplication id is not the batch's id: SQS drops a message if the same deduplication id was sent within five minutes.
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
