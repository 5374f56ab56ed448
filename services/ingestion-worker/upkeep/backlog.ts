import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { OpenState } from '../../../lib/batch/batch.ts'
import { storedToExpireBy } from '../../../lib/batch/store/payload-expiry.ts'
import { dayMs } from '../../../lib/calendar/day-ms.ts'
import type { Queue } from '../../../lib/batch/queue.ts'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import { countHeld } from '../receive/recheck-held-batches.ts'
import { publishMonthsLeft } from './months-left.ts'

export type BacklogWatch = {
  sql: Sql
  queue: Queue
  deadLetters: Queue
  metrics: Metrics
  /** Time between two updates, in seconds. */
  backlogSeconds: number
  /** Called while batches are held because the store is suspect. This worker then pauses receiving too. */
  onStoreSuspect?: () => void
  /** Largest number of unfinished batches of one provider. */
  unfinishedMax: number
  /** Days after which the bucket's lifecycle deletes payloads; undefined if the lifecycle deletes none. */
  payloadKeepDays?: number | undefined
}

/** Number of days before the expiry of its payload at which a dead letter counts as expiring. */
const expiringDays = 7

/** Longest wait for a query or a call, in milliseconds. A later result would be stale. */
const limitMs = 5_000

/**
 * Updates the gauges about the complete system every `backlogSeconds` until `stopping` is aborted. Every worker publishes the same values.
 * A gauge whose source is unavailable is removed, so that no scrape returns a value from before an outage.
 */
export async function watchBacklog (watch: BacklogWatch, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await Promise.all([
      publishBatches(watch), publishHeldBatches(watch), publishMonthsLeft(watch),
      publishQueueMessages(watch, 'batches', watch.queue), publishQueueMessages(watch, 'dead_letters', watch.deadLetters),
    ])
    await wait(watch.backlogSeconds * 1_000, undefined, { signal: stopping }).catch(() => {})
  }
}

type BatchesWatch = Pick<BacklogWatch, 'sql' | 'metrics' | 'unfinishedMax' | 'payloadKeepDays'>

export async function publishBatches ({ sql, metrics, unfinishedMax, payloadKeepDays }: BatchesWatch): Promise<void> {
  const found = await withDeadline(queryBatches(sql, payloadKeepDays), limitMs).catch(() => undefined)
  for (const state of openStates) metrics.set('freight_batches', { state }, found?.[state])
  metrics.set('freight_dead_letters_expiring', {}, found?.expiring)
  metrics.set('freight_providers_with_work', {}, found?.providers)
  metrics.set('freight_oldest_batch_seconds', {}, found?.oldest)
  metrics.set('freight_unfinished_batches_ratio', {}, found && found.most / unfinishedMax)
}

async function publishHeldBatches ({ sql, metrics, onStoreSuspect }: BacklogWatch): Promise<void> {
  const held = await withDeadline(countHeld(sql), limitMs).catch(() => undefined)
  metrics.set('freight_unreadable_batches', {}, held)
  if (held) onStoreSuspect?.()
}

const openStates = Object.keys({ queued: true, processing: true, held: true, dead_lettered: true } satisfies Record<OpenState, true>) as OpenState[]
type Found = Record<OpenState, number> & { expiring: number, providers: number, oldest: number, most: number }

/** Counts the batches by state. The age of a redriven batch counts from its redrive: its time as a dead letter is not backlog. */
async function queryBatches (sql: Sql, payloadKeepDays: number | undefined): Promise<Found> {
  const expiringSince = storedToExpireBy(new Date(Date.now() + expiringDays * dayMs), payloadKeepDays)
  const [row] = await sql<[Found]>`
    select
      count(*) filter (where state = 'queued') as queued,
      count(*) filter (where state = 'processing') as processing,
      (select count(*) from batches where state = 'held') as held,
      (select count(*) from batches where state = 'dead_lettered') as dead_lettered,
      (
        select count(*) from batches
        where state = 'dead_lettered' and coalesce(payload_stored_at, accepted_at) <= ${expiringSince}
      ) as expiring,
      count(distinct provider) as providers,
      coalesce((
        select max(unfinished)::int from (
          select count(*) as unfinished from batches where state in ('queued', 'processing') group by provider) as of_provider), 0) as most,
      coalesce(
        greatest(extract(epoch from now() - min(case when dead_lettered_at is null then accepted_at else queued_at end)), 0), 0)::float8 as oldest
    from batches where state in ('queued', 'processing')`
  return row
}

async function publishQueueMessages ({ metrics }: BacklogWatch, name: 'batches' | 'dead_letters', queue: Queue): Promise<void> {
  metrics.set('freight_queue_messages', { queue: name }, await withDeadline(queue.countMessages(), limitMs).catch(() => undefined))
}
