import type { Sql } from 'postgres'
import { startCopy, type Copy } from '../../../lib/postgres/copy.ts'

/** Starts a COPY of binary tuples into `prices`. */
export const copyPrices = (tx: Sql): Promise<Copy> =>
  startCopy(tx, tx`copy prices (orig_code, dest_code, day, price, batch_number) from stdin (format binary)`)
