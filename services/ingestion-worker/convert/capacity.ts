import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'

/** Number of unmerged rows from which conversion pauses while merging reduces it. */
const maxUnmergedRows = 100_000
/** Time between two looks at that number, in milliseconds. The statistics of the server are about as old. */
const mergingPollMs = 1_000
/** Pause in multiples of the last piece's duration: conversion has half of a connection, or a fifth while batches are processed. */
const restFactor = { idle: 1, busy: 4 }

/**
 * Waits before a piece: for batches, in proportion to the last piece, and for merging. Does not wait for rows that merging leaves, because their
 * lanes have too few of them: a system with many lanes has more than the limit for ever. Throws if `stopping` is aborted.
 */
export async function untilCapacity (sql: Sql, lastMs: number, stopping: AbortSignal): Promise<void> {
  const [row] = await sql<[{ busy: boolean }]>`select exists (select from batches where state = 'processing') as busy`
  await wait(lastMs * restFactor[row.busy ? 'busy' : 'idle'], undefined, { signal: stopping })
  for (let last = Infinity, rows = await countUnmerged(sql); rows > maxUnmergedRows && rows < last;) {
    await wait(mergingPollMs, undefined, { signal: stopping })
    last = rows
    rows = await countUnmerged(sql)
  }
}

/** The count is from the statistics of the server, some seconds old. */
async function countUnmerged (sql: Sql): Promise<number> {
  const [row] = await sql<[{ rows: number }]>`select n_live_tup as rows from pg_stat_user_tables where relid = 'unmerged_prices'::regclass`
  return row.rows
}
