import type { Sql } from 'postgres'
import { retryUntilUnlocked, tableLockMs } from '../migrations/retries.ts'
import { transaction } from '../postgres/transaction.ts'

/**
 * Ends writing to `prices` and `lane_months`: from then on batches are written to the ledger by lane and month. Returns false if that was so
 * before. Waits for open transactions of batches. Throws with code 55006, and changes nothing, while a release before 0.2.0 is connected.
 */
export async function switchLedger (sql: Sql): Promise<boolean> {
  return await retryUntilUnlocked(async () => await transaction(sql, async tx => {
    // The number of earlier batches, which get their positions, has no limit.
    await tx`select set_config('lock_timeout', ${String(tableLockMs)}, true), set_config('statement_timeout', '0', true)`
    const [row] = await tx<[{ switched: boolean }]>`select switch_ledger() as switched`
    return row.switched
  }))
}

/** Returns true if batches are written to the ledger by lane and month. */
export async function isSwitched (sql: Sql): Promise<boolean> {
  const [row] = await sql<Array<{ switched: boolean }>>`select switched_at is not null as switched from ledger_position`
  return row!.switched
}

/**
 * Switches in a run of the migrator, and returns what happened. A system without batches is switched at once. Any other is switched only if an
 * earlier run has prepared it, so that the release before can still return, or if `atOnce` is set. It waits while an older release is connected.
 */
export async function switchIfDue (sql: Sql, applied: readonly string[], atOnce: boolean): Promise<'switched' | 'switched before' | 'prepared' | 'older release connected'> {
  if (await isSwitched(sql)) return 'switched before'
  const [row] = await sql<[{ hasBatches: boolean }]>`select exists (select from applied_batches) as "hasBatches"`
  if (row.hasBatches && !atOnce && applied.includes(ledgerMigration)) return 'prepared'
  try {
    return await switchLedger(sql) ? 'switched' : 'switched before'
  } catch (error) {
    if ((error as { code?: string }).code === '55006') return 'older release connected'
    throw error
  }
}

const ledgerMigration = '0017-ledger'
