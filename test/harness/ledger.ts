import type { Sql } from 'postgres'
import { encodeRun } from '../../lib/ledger/row.ts'

/** Prices of one batch for one lane and month. */
export type UnmergedRow = {
  batch: number
  orig?: string
  dest?: string
  month?: string
  kind?: number
  /** -1 takes the prices back. */
  sign?: 1 | -1
  prices: ReadonlyArray<readonly [day: number, cents: bigint]>
}

/** Inserts rows into `unmerged_prices`, as batches do. */
export async function insertUnmerged (sql: Sql, rows: readonly UnmergedRow[]): Promise<void> {
  await sql`insert into unmerged_prices ${sql(rows.map(encodeRow))}`
}

function encodeRow ({ batch, orig = 'CNGGZ', dest = 'EETLL', month = '2021-01-01', kind = 0, sign = 1, prices }: UnmergedRow) {
  const width = prices.some(([, cents]) => cents > 0x7fffffffn) ? 8 : 4
  const cents = Buffer.alloc(prices.length * width)
  for (const [at, [, value]] of prices.entries()) {
    if (width === 8) cents.writeBigInt64BE(value, at * 8)
    else cents.writeInt32BE(Number(value), at * 4)
  }
  const [runs, days] = [encodeRun(BigInt(batch), prices.length, sign), Buffer.from(prices.map(([day]) => day))]
  return { kind, month, orig_code: orig, dest_code: dest, runs, days, cents }
}
