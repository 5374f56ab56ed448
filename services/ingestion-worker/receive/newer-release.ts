import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { isUnfinished, type State } from '../../../lib/batch/batch.ts'
import type { Delivery, Queue } from '../../../lib/batch/queue.ts'
import { requeueBatch } from '../../../lib/batch/transitions.ts'

export type NewerRelease = {
  sql: Sql
  queue: Queue
  /** Receives after which SQS moves a message to the dead-letter queue. */
  maxReceives: () => Promise<number>
  /** Time for which the message of a batch of a newer release is hidden, in seconds. @default 60 */
  newerReleaseSeconds?: number | undefined
}

/**
 * Leaves a batch that only a newer release can read to the workers of that release: hides its message for a minute. After the last receive a
 * new message replaces it, because SQS would dead-letter it, and SQS cannot reset a receive count. The new message is the last one in the
 * provider's order. A message whose batch is final or dead-lettered is deleted.
 */
export async function leaveToNewerRelease (
  { sql, queue, maxReceives, newerReleaseSeconds = 60 }: NewerRelease, delivery: Delivery, reason: string
): Promise<void> {
  const { batchId, group, traceparent, receives } = delivery
  const [batch] = await sql<Array<{ state: State }>>`select state from batches where id = ${batchId}`
  if (batch && !isUnfinished(batch.state)) return await queue.remove(delivery)
  await requeueBatch(sql, batchId, reason)
  if (receives < await maxReceives()) return await queue.release(delivery, newerReleaseSeconds)
  await sql`update batches set queued_at = clock_timestamp() where id = ${batchId}` // the sweeper compares the order of messages by this time
  await queue.send(batchId, group, `${batchId}-${randomUUID()}`, traceparent)
  await queue.remove(delivery)
}
