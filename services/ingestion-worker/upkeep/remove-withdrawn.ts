import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { removePrices } from '../../../lib/ledger/remove-prices.ts'
import { closeReadOnlyConnections } from '../../../lib/postgres/database.ts'
import type { Log } from '../../../lib/process/log.ts'

export type RemoveWithdrawn = {
  sql: Sql
  log: Log
  /** Days for which the prices of a withdrawn batch are kept. */
  correctionsKeepDays: number
  /** Pause while nothing is to be removed, in seconds. */
  removeEverySeconds?: number
}

/**
 * Removes the prices of batches that were withdrawn more than `correctionsKeepDays` ago, one batch after the other, until `stopping` is aborted. Each
 * transaction removes those of some lanes. Every worker does this; of two that remove the same batch, the second finds nothing.
 */
export async function removeWithdrawnUntil (options: RemoveWithdrawn, stopping: AbortSignal): Promise<void> {
  const { sql, log, removeEverySeconds = 3_600 } = options
  while (!stopping.aborted) {
    const removed = await removeOldest(options, stopping).catch(error => {
      if (!stopping.aborted) log.warn({ err: error }, 'prices of withdrawn batches not removed: the next round tries again')
      closeReadOnlyConnections(sql, error)
      return false
    })
    if (!removed) await wait(removeEverySeconds * 1_000 * (0.75 + Math.random() / 2), undefined, { signal: stopping }).catch(() => {})
  }
}

/** Removes the prices of the batch that was withdrawn first. Returns false if none is due. */
export async function removeOldest ({ sql, log, correctionsKeepDays }: RemoveWithdrawn, stopping: AbortSignal): Promise<boolean> {
  const [batch] = await sql<Array<{ number: number }>>`
    select batch_number as number from withdrawn_batches
    where removed_at is null and withdrawn_at < clock_timestamp() - make_interval(days => ${correctionsKeepDays})
    order by withdrawn_at limit 1`
  if (!batch) return false
  const prices = await removePrices(sql, batch.number, () => stopping.throwIfAborted())
  log.info({ batchNumber: batch.number, prices }, 'prices of a withdrawn batch removed')
  return true
}
