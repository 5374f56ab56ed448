import type { Sql } from 'postgres'
import { copy } from '../../../../lib/postgres/copy.ts'
import type { SortedPrices } from '../../rows/output/batch-prices.ts'
import { addToLaneMonths } from './lane-months.ts'
import { laneSums } from './lane-sums.ts'
import { encodePriceRows } from './price-rows.ts'

/** Writes the prices of a batch as the release before reads them: to `prices` and `lane_months`. */
export async function writePrices (tx: Sql, codes: readonly string[], batchNumber: number, prices: SortedPrices): Promise<void> {
  await copy(tx, tx`copy prices (orig_code, dest_code, day, price, batch_number) from stdin (format binary)`,
    encodePriceRows(codes, BigInt(batchNumber), prices))
  await addToLaneMonths(tx, laneSums(codes, prices))
}
