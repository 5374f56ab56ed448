import type { Sql } from 'postgres'
import { isWithdrawal } from '../../../lib/batch/batch.ts'
import { followDecision } from '../../../lib/batch/follow-decision.ts'
import { expiryOf } from '../../../lib/batch/store/payload-expiry.ts'
import type { Queue } from '../../../lib/batch/queue.ts'
import { purgeAgain } from '../../../lib/batch/purge.ts'
import { releaseAgain } from '../../../lib/batch/release.ts'
import { requestLog } from '../batches/request-log.ts'
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
  /** The time that the database was restored to. */
  since: Date
  dryRun: boolean
  payloadKeepDays: number | undefined
  onProgress: (text: string) => void
}

/** Numbers of batches of one provider. */
export type Counts = {
  /** Accepted, without a decision and without a row. */
  lost: number
  /** Queued or processing at the time that the database was restored to, or restored by an interrupted replay and not sent. */
  interrupted: number
  /** Rejected, validated or discarded: their rows are updated to the decisions. */
  decided: number
  /** Lost batches whose payload the lifecycle of the bucket may have deleted. */
  expired: number
}

export type Replayed = {
  providers: Map<string, Counts>
  /** Batches that were purged before the restore, or before its moment, and are purged again. */
  purged: string[]
  /** Held batches that were released after the moment of the restore, and are released again. */
  released: string[]
  /** Messages sent. */
  sent: number
  unreadable: { count: number, /** The first of them. */ shown: Unreadable[] }
}

/**
 * Batches accepted before `since` may have no row either: the ingestion API writes the row after the acceptance, and during an outage
 * of the database a worker writes it at the first receive. The margin is the maximum delay of the row, in ms.
 */
export const marginMs = 24 * 3_600_000
const shown = 20

/**
 * Restores the batches that a restored database lacks:
 *
 * 0. The lost time is noted: `as_of` is refused for its moments, because answers of before had the lost batches. Batches whose release or purge the
 *    store has noted are released and purged again.
 * 1. Rows of decided batches are updated to the decisions in the store.
 * 2. Lost batches get rows.
 * 3. Messages are sent, those of each provider in the order of acceptance.
 *
 * The replay can be interrupted and repeated. A batch that is applied or decided is not changed, however often the replay runs. Memory
 * is bounded: pages of 1,000 ids, and counts for each provider.
 */
export async function replay (options: ReplayOptions): Promise<Replayed> {
  const { sql, store, queue, since, dryRun, onProgress } = options
  const from = new Date(since.getTime() - marginMs)
  const result: Replayed = { providers: new Map(), purged: [], released: [], sent: 0, unreadable: { count: 0, shown: [] } }

  for (const [provider, count] of await countInterrupted(sql, since)) countsOf(result, provider).interrupted = count
  if (!dryRun) await recordGap(sql, since)
  onProgress('reading notes of releases and purges')
  result.released = await releaseAgain({ sql, store, queue }, { since: from, dryRun })
  result.purged = await purgeAgain({ ...options, log: requestLog }, dryRun)
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

/** Notes that moments since then cannot be answered. A repeated run adds nothing. */
async function recordGap (sql: Sql, since: Date): Promise<void> {
  await sql`
    insert into as_of_gaps (from_at, until_at)
    select since, clock_timestamp() from (select ${since}::timestamptz as since) as restored where since < clock_timestamp()
    on conflict do nothing`
}

/** Writes the rows of a page and counts its batches. */
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
  const lost = undecided.filter(({ id }) => written?.has(id) ?? true) // the ingestion API or a worker may have written the row meanwhile
  for (const manifest of lost) {
    const counts = countsOf(result, manifest.provider)
    counts.lost++
    if (isWithdrawal(manifest)) continue
    const expiresAt = expiryOf(manifest.payloadStoredAt ?? manifest.acceptedAt, payloadKeepDays)
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
