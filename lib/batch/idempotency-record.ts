/**
 * Returns the last statement of a batch, which is sent in one message with COMMIT. It takes the next position, and locks the row of positions
 * until the commit: whoever sees a position sees all below it. The time grows with the position, whatever the clock does. Batches that this one has
 * taken back are so at the same position.
 */
export function idempotencyRecord (batchId: string, rows: number, takenBack: readonly number[] = []): string {
  return `
    with next as (
      update ledger_position set position = position + 1, at = greatest(clock_timestamp(), at + interval '1 microsecond') returning position, at
    )${takenBack.length === 0
      ? ''
      : `, taken_back as (
      insert into withdrawn_batches (batch_number, position, withdrawn_at)
      select number, position, at from next cross join unnest('{${takenBack.join()}}'::bigint[]) as number
    )`}
    insert into applied_batches (batch_id, row_count, position, applied_at)
    select '${batchId}', ${rows}, position, at from next` // An id is hexadecimal: `parseManifest` checks it.
}
