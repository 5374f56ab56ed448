import type { Sql } from 'postgres'
import { followDecision } from '../../../lib/batch/follow-decision.ts'
import { expiryOf } from '../../../lib/batch/store/payload-expiry.ts'
import type { Queue } from '../../../lib/batch/queue.ts'
import { recordAccepted, recordLost } from '../../../lib/batch/records.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { followDecisions } from './follow-decisions.ts'
import { lostBatches, type Lost } from './lost-batches.ts'
import { countInterrupted, sendUnfinished } from './send-unfinished.ts'
import type { Unreadable } from './unreadable.ts'

export type ReplayOptions = {
  sql: Sql
  store: Store
  queue: Queue
  /** The moment that the database was restored to. */
  since: Date
  dryRun: boolean
  payloadKeepDays: number | undefined
  onProgress: (text: string) => void
}

/** Numbers of batches of one provider. */
export type Counts = {
  /** Accepted, not decided, and without a row. */
  lost: number
  /** Waiting or being processed at the moment that the database was restored to; or brought back by a replay that was interrupted, and not sent. */
  interrupted: number
  /** Rejected, validated or discarded: their rows follow the decisions. */
  decided: number
  /** Of the lost ones: the lifecycle of the bucket may have deleted the payload. */
  expired: number
}

export type Replayed = {
  providers: Map<string, Counts>
  /** Messages sent. */
  sent: number
  unreadable: { count: number, /** The first of them. */ shown: Unreadable[] }
}

/**
 * Before `since` too batches may have no row: the ingestion API writes it after the acceptance, and where the database is unavailable a
 * worker does at the first receive. That long may it take, in milliseconds.
 */
export const marginMs = 24 * 3_600_000
const shown = 20

/**
 * Brings back what a restored database does not know. In this order, so that it can be interrupted and repeated: rows follow the decisions in
 * the store, then lost batches get rows, then messages are sent, a provider's in the order of acceptance. A batch that is applied already, or
 * decided, is not touched, however often it is done. Bounded in memory: pages of 1,000 ids, and counts for each provider.
 */
export async function replay (options: ReplayOptions): Promise<Replayed> {
  const { sql, store, queue, since, dryRun, onProgress } = options
  const from = new Date(since.getTime() - marginMs)
  const result: Replayed = { providers: new Map(), sent: 0, unreadable: { count: 0, shown: [] } }

  for (const [provider, count] of await countInterrupted(sql, since)) countsOf(result, provider).interrupted = count
  onProgress('reading decisions')
  for await (const { followed, unreadable } of followDecisions(sql, store, { from, since, dryRun })) {
    for (const { provider, interrupted } of followed) {
      countsOf(result, provider).decided++
      if (interrupted) countsOf(result, provider).interrupted--
    }
    recordUnreadable(result, unreadable)
  }
  let lost = 0
  for await (const page of lostBatches(sql, store, from)) {
    lost += await restoreBatches(options, page, result)
    onProgress(`comparing manifests with rows: ${lost} lost`)
  }
  if (dryRun) return result
  for await (const sent of sendUnfinished(sql, queue, since)) {
    result.sent += sent
    onProgress(`sending messages: ${result.sent}`)
  }
  return result
}

/** Writes the rows of a page, and counts. */
async function restoreBatches (
  { sql, dryRun, payloadKeepDays }: ReplayOptions, { undecided, decided, unreadable }: Lost, result: Replayed
): Promise<number> {
  for (const { manifest, decision } of decided) {
    if (!dryRun) {
      await recordAccepted(sql, manifest)
      await transaction(sql, tx => followDecision(tx, decision))
    }
    countsOf(result, manifest.provider).decided++
  }
  const written = dryRun ? undefined : new Set(await recordLost(sql, undecided))
  const now = new Date().toISOString()
  const lost = undecided.filter(({ id }) => written?.has(id) ?? true) // the ingestion API or a worker may have been quicker
  for (const { provider, payloadStoredAt, acceptedAt } of lost) {
    const counts = countsOf(result, provider)
    counts.lost++
    const expiresAt = expiryOf(payloadStoredAt ?? acceptedAt, payloadKeepDays)
    if (expiresAt !== null && expiresAt <= now) counts.expired++
  }
  recordUnreadable(result, unreadable)
  return lost.length
}

function countsOf ({ providers }: Replayed, provider: string): Counts {
  let counts = providers.get(provider)
  if (!counts) providers.set(provider, counts = { lost: 0, interrupted: 0, decided: 0, expired: 0 })
  return counts
}

function recordUnreadable ({ unreadable }: Replayed, found: Unreadable[]): void {
  unreadable.count += found.length
  unreadable.shown.push(...found.slice(0, shown - unreadable.shown.length))
}
