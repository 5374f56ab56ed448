import type { Sql } from 'postgres'
import { addRow, emptySums, type LedgerRow } from '../../lib/ledger/row.ts'

/** Returns the sums of each lane and month, as readers add them in one statement: rows that wait for merging, and merged sums. */
export async function readSums (sql: Sql): Promise<Record<string, string>> {
  const rows = await sql<Array<LedgerRow & { lane: string, counts: number[] | null, sums: string[] }>>`
    select concat_ws(' ', kind, month, orig_code, dest_code) as lane, runs, days, cents, null::int[] as counts, null::bigint[] as sums from unmerged_prices
    union all
    select concat_ws(' ', kind, month, orig_code, dest_code), null, null, null, counts::int[], cents::bigint[] from merged_sums
    union all
    select concat_ws(' ', kind, month, orig_code, dest_code), null, null, null, counts, cents from wide_merged_sums`
  const byLane: Record<string, ReturnType<typeof emptySums>> = {}
  for (const { lane, counts, sums, ...row } of rows) {
    const total = byLane[lane] ??= emptySums()
    if (counts === null) addRow(total, row)
    else {
      for (let day = 0; day < 31; day++) {
        total.counts[day]! += counts[day]!
        total.cents[day]! += BigInt(sums[day]!)
      }
    }
  }
  return Object.fromEntries(Object.entries(byLane).sort().map(([lane, { counts, cents }]) => [lane, `${counts.join()} ${cents.join()}`]))
}
