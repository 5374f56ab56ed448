import type { Sql } from 'postgres'
import { retryUntilUnlocked, tableLockMs } from '../migrations/retries.ts'
import { transaction } from '../postgres/transaction.ts'

/**
 * Ends writing to `prices` and `lane_months`, and gives earlier batches their positions. Returns false if that was so before. Waits for open
 * transactions of batches. Throws with code 55006, and changes nothing, while a release before 0.2.0 is connected.
 */
export async function switchLedger (sql: Sql): Promise<boolean> {
  return await retryUntilUnlocked(async () => await transaction(sql, async tx => {
    // The number of earlier batches, which get their positions, has no limit.
    await tx`select set_config('lock_timeout', ${String(tableLockMs)}, true), set_config('statement_timeout', '0', true)`
    const [row] = await tx<[{ switched: boolean }]>`select switch_ledger() as switched`
    return row.switched
  }))
}
