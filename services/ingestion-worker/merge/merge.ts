import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { closeReadOnlyConnections } from '../../../lib/postgres/database.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'
import type { Log } from '../../../lib/process/log.ts'
import type { CircuitBreaker } from '../receive/circuit-breaker.ts'
import { findDue, type Due, type LaneMonth } from '../../../lib/ledger/merge/due.ts'
import { mergeLanes, type Merged } from '../../../lib/ledger/merge/step.ts'

export type MergeOptions = {
  /** Rows of a lane and month from which they are merged; 0 never merges. */
  minRows: number
  /** Pause while nothing is to be done, in seconds. */
  idleSeconds: number
}

export type Merger = MergeOptions & {
  sql: Sql
  breaker: Pick<CircuitBreaker, 'untilClosed'>
  log: Log
  metrics: Metrics
  /** Returns true while batches are in flight in this process. */
  isBusy: () => boolean
}

/** While batches are in flight, merging waits for this many times `minRows`: the more rows a step takes of a lane, the less each of them costs. */
const busyFactor = 2
/** While batches are in flight, a pause is this many times as long as the step before it. */
const busyPause = 2
/** Number of rows of one lane and month from which merging no longer gives way to batches. */
const behindRows = 32
/** Longest pause while batches are in flight, in milliseconds. */
const busyIdleMs = 500

/** Merges until `stopping` is aborted. Does not wait for the step in flight then: it is one transaction. */
export async function mergeUntil (merger: Merger, stopping: AbortSignal): Promise<void> {
  const { minRows, breaker, log, sql } = merger
  if (minRows === 0) return
  const stopped = new Promise<void>(resolve => stopping.addEventListener('abort', () => resolve(), { once: true }))
  const turn = createTurns(merger)
  for (let failures = 0; ;) {
    await Promise.race([breaker.untilClosed(), stopped])
    if (stopping.aborted) return
    const pauseMs = await Promise.race([turn(), stopped]).then(ms => {
      failures = 0
      return ms ?? 0
    }, (error: unknown) => {
      log.warn({ err: error, failures: ++failures }, 'merging failed: it is retried')
      closeReadOnlyConnections(sql, error)
      return backoffMs(failures)
    })
    await wait(pauseMs, undefined, { signal: stopping }).catch(() => {})
  }
}

/** Returns a function that scans, merges the lanes that are due, and returns the pause after that, in milliseconds. */
function createTurns ({ sql, metrics, minRows, idleSeconds, isBusy }: Merger): () => Promise<number> {
  let from: LaneMonth | null = null
  /** Of the round so far: a round is all scans from the first row to the last. */
  let round = { most: 0, rows: 0 }

  async function turn (): Promise<number> {
    const began = performance.now()
    const busy = isBusy()
    const due = await scan(busy ? minRows * busyFactor : minRows)
    round.most = Math.max(round.most, due.most)
    const merged = due.lanes.length > 0 ? await merge(due) : { rows: 0, prices: 0 }
    const ms = performance.now() - began
    if (merged.rows > 0) {
      metrics.observe('freight_merge_step_seconds', {}, ms / 1_000)
      metrics.count('freight_merged_rows_total', {}, merged.rows)
      metrics.count('freight_merged_prices_total', {}, merged.prices)
    }
    from = due.next
    round.rows += merged.rows
    const isOver = from === null
    const { rows, most } = round
    if (isOver) {
      metrics.set('freight_ledger_most_unmerged_rows', {}, most)
      round = { most: 0, rows: 0 }
    }
    if (isOver && rows === 0) return busy ? busyIdleMs : idleSeconds * 1_000
    return busy && due.most < behindRows ? Math.min(ms * busyPause, busyIdleMs) : 0 // also if another worker has the lanes: the next ones are free
  }

  /** Without a scan the number of rows is unknown. */
  async function scan (least: number): Promise<Due> {
    return await findDue(sql, from, least).catch((error: unknown) => {
      from = null
      metrics.set('freight_ledger_most_unmerged_rows', {}, undefined)
      throw error
    })
  }

  /** Continues behind lanes that cannot be merged, such as those of a month without a partition. Publishes the rows that the scans have found. */
  async function merge (due: Due): Promise<Merged> {
    return await mergeLanes(sql, due).catch((error: unknown) => {
      from = due.next
      metrics.set('freight_ledger_most_unmerged_rows', {}, round.most)
      if (from === null) round = { most: 0, rows: 0 }
      throw error
    })
  }

  return turn
}
