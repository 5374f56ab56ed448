import type { Sql } from 'postgres'
import type { DaySums } from '../row.ts'
import type { Lane } from './due.ts'

type Of = { kind: number, month: string }
type LaneSums = Lane & DaySums

const [maxCount, maxCents] = [0x7fff, 0x7fffffffn]

/** Adds to the sums of lanes. The sums of a lane that exceed the types of `merged_sums` move to `wide_merged_sums`. */
export async function addSums (tx: Sql, of: Of, added: readonly LaneSums[]): Promise<void> {
  const [narrow, wide]: [LaneSums[], LaneSums[]] = [[], []]
  for (const sums of await withTaken(tx, of, added)) (isNarrow(sums) ? narrow : wide).push(sums)
  if (narrow.length > 0) await insertNarrow(tx, of, narrow)
  if (wide.length > 0) await addWide(tx, of, wide)
}

const isNarrow = ({ counts, cents }: DaySums): boolean =>
  counts.every(count => Math.abs(count) <= maxCount) && cents.every(sum => sum <= maxCents && sum >= -maxCents)

/** Deletes the rows of the lanes in `merged_sums`, and returns the lanes with both sums. */
async function withTaken (tx: Sql, { kind, month }: Of, added: readonly LaneSums[]): Promise<LaneSums[]> {
  const taken = await tx<Array<{ lane: number, counts: number[], cents: number[] }>>`
    delete from merged_sums as sums using unnest(${added.map(({ orig }) => orig)}::text[], ${added.map(({ dest }) => dest)}::text[])
      with ordinality as added (orig_code, dest_code, lane)
    where kind = ${kind}::smallint and month = ${month}::date and sums.orig_code = added.orig_code and sums.dest_code = added.dest_code
    returning lane::int - 1 as lane, counts, cents`
  const sums = [...added]
  for (const { lane, counts, cents } of taken) {
    const { counts: newCounts, cents: newCents, ...of } = sums[lane]!
    sums[lane] = { ...of, counts: newCounts.map((count, day) => count + counts[day]!), cents: newCents.map((sum, day) => sum + BigInt(cents[day]!)) }
  }
  return sums
}

async function insertNarrow (tx: Sql, { kind, month }: Of, lanes: readonly LaneSums[]): Promise<void> {
  await tx`
    insert into merged_sums (kind, month, orig_code, dest_code, counts, cents)
    select ${kind}::smallint, ${month}::date, orig_code, dest_code, counts::smallint[], cents::int[] from ${rowsOf(tx, lanes)}`
}

/**
 * Adds to `wide_merged_sums`. A row that has 2^30 prices or 2^62 cents on a day stays as it is, and the lane gets another row
 * (docs/decisions/0020-a-lane-day-has-no-limit.md).
 */
async function addWide (tx: Sql, { kind, month }: Of, lanes: readonly LaneSums[]): Promise<void> {
  await tx`
    with added as (
      select orig_code, dest_code, counts::int[], cents::bigint[] from ${rowsOf(tx, lanes)}
    ), open_row as (
      select added.*, id from added cross join lateral (
        select ctid as id from wide_merged_sums as sums
        where kind = ${kind}::smallint and month = ${month}::date and sums.orig_code = added.orig_code and sums.dest_code = added.dest_code
          and 1073741824 > all (sums.counts) and 4611686018427387904 > all (sums.cents)
        limit 1) as sums
    ), updated as (
      update wide_merged_sums as sums set
        counts = (select array_agg(had + new order by day) from unnest(sums.counts, open_row.counts) with ordinality as pair (had, new, day)),
        cents = (select array_agg(had + new order by day) from unnest(sums.cents, open_row.cents) with ordinality as pair (had, new, day))
      from open_row where sums.ctid = open_row.id
      returning sums.orig_code, sums.dest_code
    )
    insert into wide_merged_sums (kind, month, orig_code, dest_code, counts, cents)
    select ${kind}::smallint, ${month}::date, orig_code, dest_code, counts, cents from added
    where (orig_code, dest_code) not in (select orig_code, dest_code from updated)`
}

const rowsOf = (tx: Sql, lanes: readonly LaneSums[]) => tx`
  unnest(
    ${lanes.map(({ orig }) => orig)}::text[], ${lanes.map(({ dest }) => dest)}::text[],
    ${lanes.map(({ counts }) => `{${counts.join()}}`)}::text[], ${lanes.map(({ cents }) => `{${cents.join()}}`)}::text[]
  ) as lane (orig_code, dest_code, counts, cents)`
