import type { Sql } from 'postgres'
import { copy } from '../../../lib/postgres/copy.ts'
import type { SortedPrices } from '../rows/output/batch-prices.ts'
import { encodeLedgerRows, lanesByMonth } from '../rows/output/ledger-rows.ts'
import { formatDay } from '../rows/values/days.ts'

/** Writes the prices of a batch to the ledger, and the lanes that it has in each month. It adds only rows of its own and waits for no batch. */
export async function writeLedger (tx: Sql, codes: readonly string[], batchNumber: number, prices: SortedPrices): Promise<void> {
  await copy(tx, tx`copy unmerged_prices (kind, month, orig_code, dest_code, runs, days, cents) from stdin (format binary)`,
    encodeLedgerRows(codes, BigInt(batchNumber), prices))
  for (const { month, origCodes, destCodes } of lanesByMonth(codes, prices)) {
    await tx`
      insert into batch_lanes (batch_number, kind, month, orig_codes, dest_codes)
      values (${batchNumber}, 0, ${formatDay(month)}, ${origCodes}, ${destCodes})`
  }
}
