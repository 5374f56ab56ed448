import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { traceBindings } from '../../../lib/batch/batch.ts'
import type { Queue } from '../../../lib/batch/queue.ts'
import { recordAccepted } from '../../../lib/batch/records.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { classify } from '../../../lib/process/failures.ts'
import type { Log } from '../../../lib/process/log.ts'

export type Sweeper = {
  sql: Sql
  store: Store
  queue: Queue
  deadLetters: Queue
  log: Log
  metrics: Metrics
  /** Time between two sweeps, in seconds. */
  everySeconds: number
  /** Age at which a pending record or a batch counts as lost, in seconds. */
  lostAfterSeconds: number
  /** Batches whose manifest this process cannot read, and has logged. */
  reported: Set<string>
}

/** Largest number of batches in `reported`. Further ones are not logged. */
const maxReported = 1_000

/**
 * Finishes acceptances and batches that a lost process left unfinished, until `stopping` is aborted. Every worker sweeps: a repeated sweep
 * has no second effect. The sweeper never changes objects of a batch that was not accepted.
 */
export async function sweepUntil (sweeper: Sweeper, stopping: AbortSignal): Promise<void> {
  const { log, everySeconds } = sweeper
  while (!stopping.aborted) {
    for (const sweep of [sweepPending, sweepLost, sweepOld]) {
      await sweep(sweeper).catch(error => log.warn({ err: error, sweep: sweep.name }, 'sweep failed: the next round tries again'))
    }
    // Random intervals, so that many workers do not list the store at the same time.
    await wait(everySeconds * 1_000 * (0.75 + Math.random() / 2), undefined, { signal: stopping }).catch(() => {})
  }
}

/**
 * Sends the message of each batch that has a pending record and a manifest, because the message may be missing.
 *
 * A pending record without a manifest stays: the batch was never accepted, or is being accepted, or its payload belongs to another batch
 * too. The bucket's lifecycle deletes the pending record and the payload.
 */
export async function sweepPending ({ sql, store, queue, log, metrics, lostAfterSeconds, reported }: Sweeper): Promise<void> {
  for await (const { id, ageSeconds } of store.listPending()) {
    if (ageSeconds < lostAfterSeconds) continue // the request may still be in flight
    const manifest = await store.readManifest(id).catch((error: unknown) => {
      const failure = classify(error)
      if (failure !== 'corrupt' && failure !== 'newer') throw error
      if (!reported.has(id) && reported.size < maxReported) {
        reported.add(id)
        if (failure === 'newer') log.warn({ err: error, batchId: id }, 'accepted batch of a newer release: pending record stays for a worker of that release')
        else log.error({ err: error, batchId: id }, 'manifest of accepted batch cannot be parsed: pending record stays')
      }
      return null
    })
    if (!manifest) continue
    await queue.send(id, manifest.provider, id, manifest.traceparent)
    metrics.count('freight_messages_requeued_total', { reason: 'pending' })
    await recordAccepted(sql, manifest).catch(() => {}) // if the database is unavailable, the worker writes the row later
    log.warn({ batchId: id, ...traceBindings(manifest.traceparent), provider: manifest.provider }, 'accepted batch queued by the sweeper')
    await store.deletePending(id)
  }
}

/**
 * Sends the messages of unfinished batches whose message is lost. A message is lost if the queue is empty, or if a later batch of the same
 * provider has an attempt: the FIFO queue would have delivered the earlier message first.
 */
export async function sweepLost ({ sql, queue, deadLetters, log, metrics, lostAfterSeconds }: Sweeper): Promise<void> {
  if (await deadLetters.countMessages() > 0) return // the message may be there, and the recorder dead-letters its batch
  const queueIsEmpty = await queue.countMessages() === 0
  const lost = await sql<Array<{ id: string, provider: string, queued: number }>>`
    update batches set queued_at = now()
    where state in ('queued', 'processing')
      and queued_at < now() - make_interval(secs => ${lostAfterSeconds})
      and (${queueIsEmpty} or exists (
        select from batches as later join batch_attempts on batch_id = later.id
        where later.provider = batches.provider and later.queued_at > batches.queued_at + interval '1 minute'))
    returning id, provider, extract(epoch from queued_at)::bigint as queued`
  for (const { id, provider, queued } of lost) {
    await queue.send(id, provider, `${id}-${queued}`)
    metrics.count('freight_messages_requeued_total', { reason: 'lost' })
    log.warn({ batchId: id, provider }, 'lost message sent again by the sweeper')
  }
}

/**
 * Deletes old diagnostic rows: unreadable batches that are not held and failed more than one day ago, and stray messages that were last
 * received more than 90 days ago.
 */
export async function sweepOld ({ sql }: Pick<Sweeper, 'sql'>): Promise<void> {
  await sql`delete from unreadable_batches where held_since is null and failed_at < clock_timestamp() - interval '1 day'`
  await sql`delete from stray_messages where last_at < clock_timestamp() - interval '90 days'`
}
