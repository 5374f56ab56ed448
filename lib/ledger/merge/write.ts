import type { Sql } from 'postgres'
import type { LedgerRow } from '../row.ts'
import { copy } from '../../postgres/copy.ts'
import type { Lane } from './due.ts'

type Of = { kind: number, month: string }

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0' + '\0\0\0\0' + '\0\0\0\0', 'latin1') // signature, flags, length of the header extension (0)
const TRAILER = Buffer.from([0xff, 0xff]) // -1 fields
const DAYS_TO_2000 = 10_957

/** Inserts rows into `merged_prices`. */
export async function insertMerged (tx: Sql, { kind, month }: Of, rows: ReadonlyArray<Lane & LedgerRow>): Promise<void> {
  const head = Buffer.alloc(2 + 6 + 8) // number of fields, and the fields that all rows share
  head.writeInt16BE(7)
  head.writeInt32BE(2, 2)
  head.writeInt16BE(kind, 6)
  head.writeInt32BE(4, 8)
  head.writeInt32BE(Date.parse(month) / 86_400_000 - DAYS_TO_2000, 12)
  const bytes: Buffer[] = [SIGNATURE]
  for (const { orig, dest, runs, days, cents } of rows) {
    bytes.push(head)
    for (const value of [Buffer.from(orig), Buffer.from(dest), runs, days, cents]) bytes.push(int32(value.length), value)
  }
  await copy(tx, tx`copy merged_prices (kind, month, orig_code, dest_code, runs, days, cents) from stdin (format binary)`,
    [Buffer.concat([...bytes, TRAILER])])
}

function int32 (value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}
