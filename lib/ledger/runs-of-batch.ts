import type { Sql } from 'postgres'
import type { BatchLanes } from './lanes.ts'

type Fragment = ReturnType<Sql>

/**
 * Selects the runs of a batch in some lanes: `orig_code, dest_code, prices, days, cents`. `prices` is negative for a run that takes prices back.
 * `days` and `cents` are those of the run alone: the server reads only these bytes of a large row.
 */
export function runsOfBatch (sql: Sql, batchNumber: number, { kind, month, origs, dests }: BatchLanes): Fragment {
  const isOfLane = sql`
    kind = ${kind}::smallint and month = ${month}::date and of_lane.orig_code = wanted.orig_code and of_lane.dest_code = wanted.dest_code`
  const number = sql`int8send(${batchNumber}::bigint)`
  return sql`
    select orig_code, dest_code, prices,
      substring(days from start + 1 for abs(prices)) as days,
      substring(cents from start * width + 1 for abs(prices) * width) as cents
    from (
      select wanted.orig_code, wanted.dest_code, runs, days, cents, octet_length(cents) / octet_length(days) as width
      from unnest(${origs}::text[], ${dests}::text[]) as wanted (orig_code, dest_code) cross join lateral (
        select runs, days, cents from unmerged_prices as of_lane where ${isOfLane} and substring(runs for 8) = ${number}
        union all
        select runs, days, cents from merged_prices as of_lane where ${isOfLane} and position(${number} in runs) > 0
      ) as of_lane
    ) as row cross join lateral (${runList(sql)}) as run
    where number = ${number}`
}

/**
 * Selects the runs of a row, whose column `runs` is in scope: `run` (from 0), `number` (eight bytes), `prices`, and `start`, the index of the first
 * price.
 */
export function runList (sql: Sql): Fragment {
  return sql`
    select run, number, prices, (sum(abs(prices)) over (order by run))::int - abs(prices) as start
    from (
      select run, substring(runs from 12 * run + 1 for 8) as number,
        (get_byte(runs, 12 * run + 8) << 24) | (get_byte(runs, 12 * run + 9) << 16) | (get_byte(runs, 12 * run + 10) << 8) | get_byte(runs, 12 * run + 11) as prices
      from generate_series(0, octet_length(runs) / 12 - 1) as run
    ) as run_list`
}
