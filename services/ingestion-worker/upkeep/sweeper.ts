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
  /** How old a note or a message must be before it is taken for lost, in seconds. */
  lostAfterSeconds: number
  /** Batches whose manifest cannot be read and was logged, by this process. */
  reported: Set<string>
}

/** Batches that `reported` has at most: those beyond are not logged. */
const maxReported = 1_000

/**
 * Finishes what a lost process left between its steps. Every worker sweeps: what two of them do twice has one effect.
 * Never touches what was not accepted.
 */
export async function sweepUntil (sweeper: Sweeper, stopping: AbortSignal): Promise<void> {
  const { log, everySeconds } = sweeper
  while (!stopping.aborted) {
    for (const sweep of [sweepPending, sweepLost, sweepOld]) {
      await sweep(sweeper).catch(error => log.warn({ err: error, sweep: sweep.name }, 'sweep failed: the next round tries again'))
    }
    // Spread, so that many workers do not list the store at the same moment.
    await wait(everySeconds * 1_000 * (0.75 + Math.random() / 2), undefined, { signal: stopping }).catch(() => {})
  }
}

/**
 * `pending/<id>` with a manifest: its message may be missing. Without one the acceptance never happened, or is about to, or
 * the payload is another batch's too: nothing is touched, and the bucket's lifecycle takes note and payload away.
 */
export async function sweepPending ({ sql, store, queue, log, metrics, lostAfterSeconds, reported }: Sweeper): Promise<void> {
  for await (const { id, ageSeconds } of store.listPending()) {
    if (ageSeconds < lostAfterSeconds) continue // its request is under way
    const manifest = await store.readManifest(id).catch((error: unknown) => {
      if (classify(error) !== 'corrupt') throw error
      if (!reported.has(id) && reported.size < maxReported) {
        reported.add(id)
        log.error({ err: error, batchId: id }, 'the manifest of an accepted batch cannot be parsed: its pending record stays')
      }
      return null
    })
    if (!manifest) continue
    await queue.send(id, manifest.provider, id, manifest.traceparent)
    metrics.count('freight_messages_requeued_total', { reason: 'pending' })
    await recordAccepted(sql, manifest).catch(() => {}) // the worker does it, if the database is away
    log.warn({ batchId: id, ...traceBindings(manifest.traceparent), provider: manifest.provider }, 'accepted batch queued by the sweeper')
    await store.deletePending(id)
  }
}

/**
 * A batch that is neither final nor queued. That it is not queued is known when the queue is empty, or when the queue has
 * passed it by: it keeps a provider's order, so that a later batch is not begun before an earlier one is done with.
 */
export async function sweepLost ({ sql, queue, deadLetters, log, metrics, lostAfterSeconds }: Sweeper): Promise<void> {
  if (await deadLetters.countMessages() > 0) return // it may be there, and the recorder will say so
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
 * Deletes what only served to decide or to look: batches that were unreadable a day ago and are not held, and stray messages that came
 * last 90 days ago.
 */
export async function sweepOld ({ sql }: Pick<Sweeper, 'sql'>): Promise<void> {
  await sql`delete from unreadable_batches where held_since is null and failed_at < clock_timestamp() - interval '1 day'`
  await sql`delete from stray_messages where last_at < clock_timestamp() - interval '90 days'`
}
