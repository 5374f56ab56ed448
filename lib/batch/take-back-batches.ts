import type { Sql } from 'postgres'
import { takeBack } from '../ledger/take-back.ts'
import { markWithdrawn, type TakenBackBy } from './transitions.ts'

/** A batch that is taken back. `prices` is the number of its prices that count; 0 if it was never applied. */
export type Target = { id: string, number: number, prices: number }

/** Thrown if the ledger has not all prices of an applied batch: taking back a part would leave the rest for ever. */
export class PricesMissing extends Error {
  readonly code = 'PRICES_MISSING'
}

/**
 * Takes batches back, and returns the numbers of those whose prices counted: the last statement of the transaction writes them to
 * `withdrawn_batches`, at its position. The caller holds the locks of the batches.
 */
export async function takeBackBatches (tx: Sql, targets: readonly Target[], by: TakenBackBy): Promise<number[]> {
  for (const { id, number, prices } of targets) {
    if (prices > 0) {
      const found = await takeBack(tx, number)
      if (found !== prices) throw new PricesMissing(`The ledger has ${found} of the ${prices} prices of batch ${id}`)
    }
    await markWithdrawn(tx, id, by)
  }
  return targets.filter(({ prices }) => prices > 0).map(({ number }) => number)
}
