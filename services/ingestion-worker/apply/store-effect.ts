import { effectOfChange, inSnapshot } from '../../../lib/ledger/effect/effect.ts'
import { LaneSet } from '../../../lib/ledger/effect/lane-set.ts'
import { sumsOf, type LaneSums } from '../../../lib/ledger/lane-day-sums.ts'
import { addRow, encodeRun } from '../../../lib/ledger/row.ts'
import type { LaneMonthPrices, SortedPrices } from '../rows/output/batch-prices.ts'
import { formatDay } from '../rows/values/days.ts'
import { replacedNumbers } from './guard/hold.ts'
import type { Run } from './options.ts'

/** Stores what a dry run, or a batch that is to be held, would change now. A later attempt overwrites it. */
export async function storeEffect (run: Run, codes: readonly string[], prices: SortedPrices): Promise<void> {
  const { sql, store, manifest: { id }, signal } = run
  const lanes = new LaneSet()
  const own = new Map<string, LaneMonthPrices>()
  for (const lane of prices.laneMonths()) {
    const [orig, dest, month] = [codes[lane.orig]!, codes[lane.dest]!, formatDay(lane.month)]
    lanes.add({ kind: 0, month, origs: [orig], dests: [dest] })
    own.set(month + orig + dest, lane)
  }
  const rows = await inSnapshot(sql, async tx => await effectOfChange(tx, lanes, await replacedNumbers(run, tx), ({ month, origs, dests }) => {
    signal.throwIfAborted()
    const sums: LaneSums = new Map()
    for (const [at, orig] of origs.entries()) {
      const lane = own.get(month + orig + dests[at]!)
      if (lane) addPrices(sums, orig + dests[at]!, prices, lane)
    }
    return sums
  }))
  await store.putEffect(id, 'checked', rows.lines())
}

function addPrices (sums: LaneSums, lane: string, { days, cents }: SortedPrices, { from, to }: LaneMonthPrices): void {
  addRow(sumsOf(sums, lane), { runs: encodeRun(0n, to - from), days: days.subarray(from, to), cents: cents.subarray(4 * from, 4 * to) })
}
