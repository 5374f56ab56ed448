import type { Sql } from 'postgres'
import { signedPrices, signedRuns } from './signed-runs.ts'

/** The final contents of the database. */
export type Dump = {
  /**
   * `finishedAt` and `appliedAt` are in microseconds. `rows` and `cents` are those of the batch in the ledger. `marked`, `position` and `appliedAt`
   * are those of its idempotency record. `positive` and `negative` are the prices in its runs, and `takenBackAt` the position at which it was taken
   * back.
   */
  batches: Array<{
    id: string, provider: string, mode: string, state: string, reason: string | null
    finishedAt: number | null, attempts: number, errors: number | null
    rows: number, cents: number, marked: number | null, position: number | null, appliedAt: number | null
    positive: number, negative: number, takenBackAt: number | null, replacedBy: string | null, purged: boolean
    firstError: { code: string, value: string | null } | null
  }>
  /** Count and cents of each lane and day, in the ledger and in the sums of the read model. */
  lanes: Array<{ lane: string, day: string, ledger: [number, number], model: [number, number] }>
  /** Prices of no batch. */
  strays: number
  /** Each position that a commit has taken, in order, with its time in microseconds. */
  positions: Array<{ position: number, at: number }>
  /** The position of the last commit. */
  lastPosition: number
  /** Batches and months whose lanes in `batch_lanes` are not those of their prices in the ledger by lane and month. */
  wrongLanes: string[]
}

/** Reads all contents in one snapshot. */
export async function dump (sql: Sql): Promise<Dump> {
  return await sql.begin('isolation level repeatable read read only', async begun => {
    const tx = begun as unknown as Sql
    const batches = await tx<Dump['batches']>`
      with ledger as (select batch_number, count(*) as rows, sum(price * 100)::bigint as cents from all_prices group by 1),
        runs as (
          select number, coalesce(sum(prices) filter (where prices > 0), 0)::bigint as positive,
            coalesce(-sum(prices) filter (where prices < 0), 0)::bigint as negative
          from ${signedRuns(tx)} as run group by 1
        )
      select id, provider, mode, state, reason, (extract(epoch from finished_at) * 1000000)::bigint as "finishedAt",
        (select count(*) from batch_attempts where batch_id = id) as attempts, error_count as errors,
        coalesce(rows, 0) as rows, coalesce(cents, 0) as cents, applied_batches.row_count as marked, applied_batches.position,
        (extract(epoch from applied_at) * 1000000)::bigint as "appliedAt", coalesce(positive, 0) as positive, coalesce(negative, 0) as negative,
        withdrawn_batches.position as "takenBackAt", replaced_by as "replacedBy", first_errors -> 0 as "firstError",
        purged_at is not null as purged
      from batches left join ledger on ledger.batch_number = batches.number left join runs on runs.number = int8send(batches.number)
        left join applied_batches on batch_id = id left join withdrawn_batches on withdrawn_batches.batch_number = batches.number`
    const lanes = await tx<Array<{ lane: string, day: string, side: 'ledger' | 'model', count: number, cents: number }>>`
      select orig_code || '-' || dest_code as lane, day, 'ledger' as side, count(*) as count, sum(price * 100)::bigint as cents
      from all_prices group by 1, 2
      union all
      select orig_code || '-' || dest_code, day, 'model', sum(count)::bigint, sum(cents)::bigint
      from (${sums(tx)}) as sums where count <> 0 or cents <> 0 group by 1, 2`
    const [{ strays }] = await tx<[{ strays: number }]>`
      select count(*) as strays from all_prices where not exists (select from batches where number = batch_number)`
    const [{ lastPosition }] = await tx<[{ lastPosition: number }]>`select position as "lastPosition" from ledger_position`
    return { batches: [...batches], lanes: sides(lanes), strays, positions: await takenPositions(tx), lastPosition, wrongLanes: await wrongLanes(tx) }
  })
}

/** Selects what a reader of sums adds: count and cents by lane and day. */
const sums = (tx: Sql) => tx`
  select orig_code, dest_code, (month + (number - 1)::int)::date as day, counts[number]::bigint as count, cents[number] as cents
  from (
    select month, orig_code, dest_code, counts::int[], cents::bigint[] from merged_sums
    union all select month, orig_code, dest_code, counts, cents from wide_merged_sums
  ) as days cross join generate_series(1, 31) as number
  union all
  select orig_code, dest_code, day, sign, sign * cents from ${signedPrices(tx)} as price`

async function takenPositions (tx: Sql): Promise<Dump['positions']> {
  return [...await tx<Dump['positions']>`
    select position, (extract(epoch from at) * 1000000)::bigint as at
    from (
      select position, applied_at from applied_batches where position is not null
      union select position, withdrawn_at from withdrawn_batches
      union select position, changed_at from reference_changes
    ) as taken (position, at) order by position, at`]
}

async function wrongLanes (tx: Sql): Promise<string[]> {
  const wrong = await tx<Array<{ text: string }>>`
    with priced as (
      select batch_number, kind, month, string_agg(distinct orig_code || dest_code, ' ' order by orig_code || dest_code) as lanes
      from (
        select price.batch_number, kind, month, orig_code, dest_code
        from (
          select kind, month, orig_code, dest_code, runs, days, cents from unmerged_prices
          union all select kind, month, orig_code, dest_code, runs, days, cents from merged_prices
        ) as ledger cross join ledger_prices(month, runs, days, cents) as price
      ) as price group by 1, 2, 3
    ), listed as (
      select batch_number, kind, month, string_agg(lane, ' ' order by lane) as lanes
      from batch_lanes cross join generate_series(1, length(orig_codes), 5) as first
        cross join concat(substr(orig_codes, first, 5), substr(dest_codes, first, 5)) as lane group by 1, 2, 3
    )
    select format('%s in %s: %s, not %s', batch_number, month, coalesce(listed.lanes, 'none'), coalesce(priced.lanes, 'none')) as text
    from priced full join listed using (batch_number, kind, month) where priced.lanes is distinct from listed.lanes limit 20`
  return wrong.map(({ text }) => text.slice(0, 200))
}

function sides (rows: ReadonlyArray<{ lane: string, day: string, side: 'ledger' | 'model', count: number, cents: number }>): Dump['lanes'] {
  const found = new Map<string, Dump['lanes'][number]>()
  for (const { lane, day, side, count, cents } of rows) {
    const key = `${lane} ${day}`
    const entry = found.get(key) ?? { lane, day, ledger: [0, 0], model: [0, 0] }
    entry[side] = [count, cents]
    found.set(key, entry)
  }
  return [...found.values()]
}
