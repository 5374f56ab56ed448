import type { Sql } from 'postgres'
import { runList } from '../../../lib/ledger/runs-of-batch.ts'

type Fragment = ReturnType<Sql>

/** Selects the runs of both tables of the ledger: `number` as eight bytes, and `prices`, negative if the run takes them back. */
export const signedRuns = (sql: Sql): Fragment => sql`(
  select number, prices from (select runs from unmerged_prices union all select runs from merged_prices) as row cross join lateral (${runList(sql)}) as run
)`

/** Selects each unmerged price with its sign: `orig_code, dest_code, day, sign, cents`. */
export const signedPrices = (sql: Sql): Fragment => sql`(
  select orig_code, dest_code, (month + get_byte(days, at) - 1)::date as day, sign(prices)::int as sign,
    case octet_length(cents) / octet_length(days)
      when 4 then ('x' || encode(substring(cents from 4 * at + 1 for 4), 'hex'))::bit(32)::int
      else ('x' || encode(substring(cents from 8 * at + 1 for 8), 'hex'))::bit(64)::bigint
    end as cents
  from unmerged_prices cross join lateral (${runList(sql)}) as run cross join generate_series(start, start + abs(prices) - 1) as at
)`
