import type { Sql } from 'postgres'
import type { LedgerRow } from '../row.ts'
import type { Lane } from './due.ts'

type Of = { kind: number, month: string }
/** Prices of a lane that were moved, of one width, and the number of rows that they had. */
export type Moved = Lane & LedgerRow & { rows: number }

/** Most bytes of prices, and most rows of one lane, that one statement moves. What exceeds them stays for the next one. */
const [maxBytes, maxRowsOfLane] = [3_000_000, 4_000]
/** Number of prices from which a row is full: nothing is merged into it again. */
const fullPrices = 2_048
/** Most rows of `merged_prices` that are merged along for one lane, and the number of prices up to which a row always is. */
const [maxAlong, fewPrices] = [6, 256]

/**
 * Moves rows of lanes from `unmerged_prices` to `merged_prices`, and returns their prices. The rows of a lane are concatenated; narrow and wide
 * prices stay apart.
 *
 * The smallest rows of the lane in `merged_prices` are merged along, up to the largest one that has few prices or at most a third of those
 * collected before it. So rows of one size are merged four at a time, and a price is rewritten once or twice until its row is full.
 *
 * Rows are deleted by their place, which an array passes: a join would read the whole month. The aggregates of one group read its rows in the
 * same order, so runs, days and cents belong together.
 */
export async function moveRows (tx: Sql, { kind, month }: Of, lanes: readonly Lane[]): Promise<Moved[]> {
  const isOfLane = tx`
    kind = ${kind}::smallint and month = ${month}::date and of_lane.orig_code = wanted.orig_code and of_lane.dest_code = wanted.dest_code`
  return await tx<Moved[]>`
    with wanted as materialized (
      select * from unnest(${lanes.map(({ orig }) => orig)}::text[], ${lanes.map(({ dest }) => dest)}::text[])
        with ordinality as wanted (orig_code, dest_code, lane)
    ), unmerged as materialized (
      select id, sum(bytes) over (order by lane, id) - bytes as before
      from wanted cross join lateral (
        select ctid as id, octet_length(cents) as bytes from unmerged_prices as of_lane where ${isOfLane} limit ${maxRowsOfLane}
      ) as of_lane
    ), taken as (
      delete from unmerged_prices where ctid = any (array(select id from unmerged where before < ${maxBytes}))
      returning orig_code, dest_code, octet_length(cents) / octet_length(days) as width, runs, days, cents
    ), added as materialized (
      select orig_code, dest_code, width, count(*)::int as rows, sum(octet_length(days)) as prices,
        string_agg(runs, '') as runs, string_agg(days, '') as days, string_agg(cents, '') as cents
      from taken group by orig_code, dest_code, width
    ), small as materialized (
      select id, bool_or(prices <= greatest(${fewPrices}, collected / 3)) over (
        partition by orig_code, dest_code, width order by prices desc, id desc) as fits
      from (
        select orig_code, dest_code, width, id, of_lane.prices, wanted.prices - of_lane.prices
          + sum(of_lane.prices) over (partition by orig_code, dest_code, width order by of_lane.prices, id) as collected
        from added as wanted cross join lateral (
          select ctid as id, octet_length(days) as prices from merged_prices as of_lane
          where ${isOfLane} and octet_length(days) < ${fullPrices} and octet_length(cents) = width * octet_length(days)
          order by octet_length(days) limit ${maxAlong}
        ) as of_lane
      ) as candidate
    ), along as (
      delete from merged_prices where month = ${month}::date and ctid = any (array(select id from small where fits))
      returning orig_code, dest_code, octet_length(cents) / octet_length(days) as width, runs, days, cents
    ), parts as (
      select *, (sum(octet_length(days)) over (partition by orig_code, dest_code, width rows unbounded preceding) - octet_length(days)) / ${fullPrices} as part
      from (select * from along union all select * from taken) as row
    ), inserted as (
      insert into merged_prices (kind, month, orig_code, dest_code, runs, days, cents)
      select ${kind}::smallint, ${month}::date, orig_code, dest_code, string_agg(runs, ''), string_agg(days, ''), string_agg(cents, '')
      from parts group by orig_code, dest_code, width, part
    )
    select orig_code as orig, dest_code as dest, rows, runs, days, cents from added`
}
