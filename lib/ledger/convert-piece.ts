import type { Sql } from 'postgres'
import { convertAlone } from './convert-lock.ts'

/** Prices of one batch in one month that still have a row each in `prices`. */
export type Unconverted = {
  /** `YYYY-MM-01` */
  month: string
  batchNumber: number
}

/** Largest number of prices that one transaction moves: all of a usual batch, so that each of its lanes has one row. */
export const pieceRows = 65_536

/**
 * Moves up to `max` prices of a batch from `prices` to `unmerged_prices`, and subtracts them from `lane_months`: no reader sees a sum change. The
 * first piece of a batch and month writes all its lanes to `batch_lanes`. Returns the number of prices, or undefined while another process
 * converts.
 */
export async function convertPiece (sql: Sql, { month, batchNumber }: Unconverted, max = pieceRows): Promise<number | undefined> {
  return await convertAlone(sql, async tx => {
    const [row] = await tx.unsafe<[{ moved: number }]>(statement, [month, batchNumber, max])
    return row.moved
  })
}

const isOfMonth = 'day >= $1::date and day < ($1::date + interval \'1 month\')::date'
const list = (of: (day: number) => string): string => Array.from({ length: 31 }, (_, index) => of(index + 1)).join(', ')

/**
 * $1 is the month, $2 the batch, $3 the largest number of prices. The aggregates of one group read its prices in the same order, so `days` and
 * `cents` belong together. The prices of a group are all narrow or all wide.
 */
const statement = `
  with taken as (
    delete from prices where ${isOfMonth} and ctid = any (array(
      select ctid from prices where ${isOfMonth} and batch_number = $2::bigint limit $3::bigint
    ))
    returning orig_code, dest_code, extract(day from day)::int as day, (price * 100)::bigint as cents
  ), rows as (
    insert into unmerged_prices (kind, month, orig_code, dest_code, runs, days, cents)
    select 0, $1::date, orig_code, dest_code, int8send($2::bigint) || int4send(count(*)::int),
      string_agg(set_byte('\\x00', 0, day), ''),
      string_agg(case when cents > 2147483647 then int8send(cents) else int4send(cents::int) end, '')
    from taken group by orig_code, dest_code, cents > 2147483647
  ), lanes as (
    insert into batch_lanes (batch_number, kind, month, orig_codes, dest_codes)
    select $2::bigint, 0, $1::date, string_agg(orig_code, '' order by orig_code, dest_code), string_agg(dest_code, '' order by orig_code, dest_code)
    from (select distinct orig_code, dest_code from prices where ${isOfMonth} and batch_number = $2::bigint) as lane
    where not exists (select from batch_lanes where batch_number = $2::bigint and kind = 0 and month = $1::date)
    having count(*) > 0
  ), lane_sums as (
    select orig_code, dest_code,
      array[${list(day => `count(*) filter (where day = ${day})`)}]::int[] as counts,
      array[${list(day => `coalesce(sum(cents) filter (where day = ${day}), 0)`)}]::bigint[] as cents
    from taken group by orig_code, dest_code
  ), subtracted as (
    update lane_months set
      counts = array[${list(day => `lane_months.counts[${day}] - lane_sums.counts[${day}]`)}],
      cents = array[${list(day => `lane_months.cents[${day}] - lane_sums.cents[${day}]`)}]
    from lane_sums
    where lane_months.orig_code = lane_sums.orig_code and lane_months.dest_code = lane_sums.dest_code and lane_months.month = $1::date
  )
  select count(*) as moved from taken`
