import type { Sql } from 'postgres'
import type { DaySums, LedgerRow } from '../row.ts'
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

/**
 * Adds to `merged_sums`. A row that has 2^30 prices or 2^62 cents on a day stays as it is, and the lane gets another row
 * (docs/decisions/0020-a-lane-day-has-no-limit.md).
 */
export async function addSums (tx: Sql, { kind, month }: Of, added: ReadonlyArray<Lane & DaySums>): Promise<void> {
  await tx`
    with added as (
      select orig_code, dest_code, counts::int[], cents::bigint[]
      from unnest(
        ${added.map(({ orig }) => orig)}::text[], ${added.map(({ dest }) => dest)}::text[],
        ${added.map(({ counts }) => `{${counts.join()}}`)}::text[], ${added.map(({ cents }) => `{${cents.join()}}`)}::text[]
      ) as added (orig_code, dest_code, counts, cents)
    ), open_row as (
      select added.*, id from added cross join lateral (
        select ctid as id from merged_sums as sums
        where kind = ${kind}::smallint and month = ${month}::date and sums.orig_code = added.orig_code and sums.dest_code = added.dest_code
          and 1073741824 > all (sums.counts) and 4611686018427387904 > all (sums.cents)
        limit 1) as sums
    ), updated as (
      update merged_sums as sums set
        counts = (select array_agg(had + new order by day) from unnest(sums.counts, open_row.counts) with ordinality as pair (had, new, day)),
        cents = (select array_agg(had + new order by day) from unnest(sums.cents, open_row.cents) with ordinality as pair (had, new, day))
      from open_row where sums.ctid = open_row.id
      returning sums.orig_code, sums.dest_code
    )
    insert into merged_sums (kind, month, orig_code, dest_code, counts, cents)
    select ${kind}::smallint, ${month}::date, orig_code, dest_code, counts, cents from added
    where (orig_code, dest_code) not in (select orig_code, dest_code from updated)`
}
