import type { Sql } from 'postgres'
import type { LedgerRow } from '../row.ts'
import type { Lane } from './due.ts'
import { FULL_PRICES, type WideOrNarrow } from './concatenate.ts'

type Of = { kind: number, month: string }
/** A row, and the index of its lane. */
export type Taken = LedgerRow & { lane: number }

/** Most bytes of prices, and most rows of one lane, that one step takes. */
const [maxBytes, maxRowsOfLane] = [1_000_000, 4_000]

/** Deletes and returns rows of `unmerged_prices`, in the order of the lanes. What exceeds a step stays for the next one. */
export async function takeUnmerged (tx: Sql, { kind, month }: Of, lanes: readonly Lane[]): Promise<Taken[]> {
  return await tx<Taken[]>`
    delete from unmerged_prices as unmerged using (
      select id, lane, sum(bytes) over (order by lane, id) - bytes as before
      from unnest(${lanes.map(({ orig }) => orig)}::text[], ${lanes.map(({ dest }) => dest)}::text[])
        with ordinality as wanted (orig_code, dest_code, lane)
      cross join lateral (
        select ctid as id, octet_length(cents) as bytes from unmerged_prices as of_lane
        where kind = ${kind}::smallint and month = ${month}::date and of_lane.orig_code = wanted.orig_code and of_lane.dest_code = wanted.dest_code
        limit ${maxRowsOfLane}
      ) as of_lane
    ) as listed
    where unmerged.ctid = listed.id and listed.before < ${maxBytes}
    returning listed.lane::int - 1 as lane, runs, days, cents`
}

/** Most rows of `merged_prices` that are merged along for one lane. */
const maxAlong = 6

/**
 * Deletes and returns the rows of `merged_prices` that are merged along: the smallest rows of a lane, up to the largest one that has few prices
 * or at most a third of those collected before it. So rows of one size are merged four at a time, and a price is rewritten once or twice until
 * its row is full.
 */
export async function takeAlong (tx: Sql, { kind, month }: Of, lanes: readonly Lane[], added: readonly WideOrNarrow[]): Promise<Taken[]> {
  return await tx<Taken[]>`
    with listed as materialized (
      select lane, id, bool_or(prices <= greatest(256, collected / 3)) over (partition by lane, width order by prices desc, id desc) as fits
      from (
        select lane, width, id, of_lane.prices, wanted.prices + sum(of_lane.prices) over (partition by lane, width order by of_lane.prices, id) - of_lane.prices as collected
        from unnest(
          ${added.map(({ lane }) => lane)}::int[], ${added.map(({ lane }) => lanes[lane]!.orig)}::text[], ${added.map(({ lane }) => lanes[lane]!.dest)}::text[],
          ${added.map(({ width }) => width)}::int[], ${added.map(({ prices }) => prices)}::int[]
        ) as wanted (lane, orig_code, dest_code, width, prices)
        cross join lateral (
          select ctid as id, octet_length(days) as prices from merged_prices as of_lane
          where kind = ${kind}::smallint and month = ${month}::date and of_lane.orig_code = wanted.orig_code and of_lane.dest_code = wanted.dest_code
            and octet_length(days) < ${FULL_PRICES} and octet_length(cents) = width * octet_length(days)
          order by octet_length(days) limit ${maxAlong}
        ) as of_lane
      ) as candidate
    ), taken as (
      delete from merged_prices where month = ${month}::date and ctid = any (array(select id from listed where fits))
      returning ctid as id, runs, days, cents
    )
    select lane, runs, days, cents from taken join listed using (id)`
}
