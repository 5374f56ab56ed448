import type { Sql } from 'postgres'
import { transaction } from '../../postgres/transaction.ts'

/** Lanes of one kind and month. */
export type Lane = { orig: string, dest: string }
export type LaneMonth = Lane & { kind: number, month: string }

export type Due = {
  kind: number
  month: string
  lanes: Lane[]
  /** Where the next scan begins; null after the last row. */
  next: LaneMonth | null
  /** Rows that were scanned. */
  scanned: number
  /** Largest number of rows of one lane-month among them. */
  most: number
}

/** Most rows of one scan. A scan reads the index, and the pages that changed since the last VACUUM. */
const scanRows = 10_000
/** Limits of one step. A step locks each origin. */
const [maxRows, maxOrigins] = [8_000, 200]

/**
 * Scans `unmerged_prices` in the order of its index, from `from` on, and returns lanes that have `minRows` rows or more: all of the first kind
 * and month that has such a lane, as many as one step can merge.
 */
export async function findDue (sql: Sql, from: LaneMonth | null, minRows: number): Promise<Due> {
  const [, found] = await transaction(sql, tx => // both are sent at once
    Promise.all([useIndexes(tx), scan(tx, from ?? { kind: -32_768, month: '-infinity', orig: '', dest: '' }, minRows)]))
  const last = found.at(-1)
  if (!last) return { kind: 0, month: '', lanes: [], next: null, scanned: 0, most: 0 }
  const due = found.filter(({ rows }) => rows >= minRows)
  const first = due[0] ?? last
  const lanes = due.slice(0, countOfStep(due))
  // The scan may have cut off the rows of the last lane, so the next scan begins with it.
  const next = due[lanes.length] ?? (last.scanned < scanRows ? null : last)
  return { kind: first.kind, month: first.month, lanes, next, scanned: last.scanned, most: last.most }
}

/** Returns how many of the lanes fit into one step. */
function countOfStep (due: ReadonlyArray<LaneMonth & { rows: number }>): number {
  const origins = new Set<string>()
  let rows = 0
  for (const [index, lane] of due.entries()) {
    origins.add(lane.orig)
    const isOtherMonth = lane.kind !== due[0]!.kind || lane.month !== due[0]!.month
    if (isOtherMonth || origins.size > maxOrigins || rows >= maxRows) return index
    rows += lane.rows
  }
  return due.length
}

/** Statistics are older than the rows of `unmerged_prices`. The order of the index is always right. */
export async function useIndexes (tx: Sql): Promise<void> {
  await tx`select set_config(name, 'off', true) from unnest(array['enable_seqscan', 'enable_bitmapscan', 'enable_sort', 'jit']) as name`
}

async function scan (tx: Sql, { kind, month, orig, dest }: LaneMonth, minRows: number) {
  return await tx<Array<LaneMonth & { rows: number, scanned: number, most: number, isLast: boolean }>>`
    with scanned as (
      select kind, month, orig_code, dest_code from unmerged_prices
      where (kind, month, orig_code, dest_code) >= (${kind}::smallint, ${month}::date, ${orig}, ${dest})
      order by kind, month, orig_code, dest_code limit ${scanRows}
    ), lanes as (
      select kind, month, orig_code, dest_code, count(*)::int as rows from scanned group by kind, month, orig_code, dest_code
    )
    select kind, month, orig_code as orig, dest_code as dest, rows, scanned, most, "isLast"
    from (
      select *, sum(rows) over ()::int as scanned, max(rows) over () as most, lead(rows) over (order by kind, month, orig_code, dest_code) is null as "isLast"
      from lanes
    ) as lane
    where rows >= ${minRows} or "isLast"
    order by kind, month, orig_code, dest_code`
}
