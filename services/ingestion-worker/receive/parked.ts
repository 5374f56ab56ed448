import type { Sql } from 'postgres'
import type { Delivery, Queue } from '../../../lib/batch/queue.ts'
import type { Log } from '../../../lib/process/log.ts'

export type Parked = {
  /** Records that the message was returned to the queue and is hidden for `seconds`. */
  park: (delivery: Delivery, seconds: number) => Promise<void>
  stop: () => Promise<void>
}

/** Largest number of messages deleted in one round. The next round deletes further ones. */
const maxPerRound = 100

/**
 * Deletes parked messages after an operator has dead-lettered their batches. Otherwise the provider's next batch would wait for their
 * visibility timeout. Every worker does this for the messages of all workers (`parked_messages`), stopped workers included. A redrive sends
 * a new message, so the parked message is deleted in that case too.
 */
export function watchParked (sql: Sql, queue: Queue, log: Log, everyMs: number): Parked {
  let round: Promise<unknown> | undefined
  const timer = setInterval(() => {
    round ??= deleteParked().catch(() => {}).finally(() => { round = undefined }) // the database may be unavailable
  }, everyMs)

  async function deleteParked (): Promise<void> {
    await sql`delete from parked_messages where hidden_until < clock_timestamp()`
    const finished = await sql<Array<{ batchId: string, receipt: string }>>`
      select batch_id as "batchId", receipt from parked_messages join batches on batches.id = batch_id
      where state not in ('queued', 'processing') or dead_lettered_at > parked_at
      order by parked_at limit ${maxPerRound}`
    for (const { batchId, receipt } of finished) {
      await remove(batchId, receipt).catch(error => log.warn({ err: error, batchId }, 'parked message not deleted: the next round tries again'))
    }
  }

  async function remove (batchId: string, receipt: string): Promise<void> {
    await queue.remove({ receipt })
    await sql`delete from parked_messages where batch_id = ${batchId} and receipt = ${receipt}`
    log.info({ batchId }, 'parked message deleted: its batch is no longer queued or processing')
  }

  return {
    async park ({ batchId, receipt }, seconds) {
      await sql`
        insert into parked_messages (batch_id, receipt, parked_at, hidden_until)
        values (${batchId}, ${receipt}, clock_timestamp(), clock_timestamp() + make_interval(secs => ${seconds}))
        on conflict (batch_id) do update
        set receipt = excluded.receipt, parked_at = excluded.parked_at, hidden_until = excluded.hidden_until`
    },
    async stop () {
      clearInterval(timer)
      await round
    },
  }
}
