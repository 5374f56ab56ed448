import type { Sql } from 'postgres'
import type { Run } from '../../../lib/ledger/row.ts'

/**
 * Returns a function that tells whether prices were added, or taken back, after the moment; undefined if none of the batches was. A purged batch
 * counts at no moment: its prices, and those that take them back, are removed lane by lane.
 */
export async function findLaterBatches (tx: Sql, numbers: ReadonlySet<number>, asOf: string): Promise<((run: Run) => boolean) | undefined> {
  const rows = await tx<Array<{ number: number, isAppliedLater: boolean, isWithdrawnLater: boolean }>>`
    select number, applied_at > as_of as "isAppliedLater", coalesce(withdrawn_at > as_of, false) as "isWithdrawnLater"
    from unnest(${[...numbers]}::bigint[]) as found (number)
      join (select id, number from batches) as batch using (number)
      join applied_batches on batch_id = id
      left join withdrawn_batches on batch_number = number
      cross join (select ${asOf}::text::timestamptz as as_of) as query
    where (applied_at > as_of or withdrawn_at > as_of) and is_purged is not true`
  if (rows.length === 0) return undefined
  const applied = new Set(rows.filter(({ isAppliedLater }) => isAppliedLater).map(({ number }) => number))
  const withdrawn = new Set(rows.filter(({ isWithdrawnLater }) => isWithdrawnLater).map(({ number }) => number))
  return ({ batchNumber, sign }) => (sign === 1 ? applied : withdrawn).has(batchNumber)
}
