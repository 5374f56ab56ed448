import type { Sql } from 'postgres'
import { sha256 } from './ingestion-api.ts'

export type OldBatches = {
  batches: number
  /** Lanes of each batch. All batches have the same ones. */
  lanes: number
  /** Prices of each lane in a batch. */
  prices: number
  /** Each batch has prices in these months, `YYYY-MM-01`. */
  months: string[]
}

/** Writes applied batches with their prices to `prices` and `lane_months`, as the release before the ledger did. Returns the batches' numbers. */
export async function loadOldBatches (sql: Sql, { batches, lanes, prices, months }: OldBatches): Promise<number[]> {
  const ids = Array.from({ length: batches }, (_, index) => sha256(`old batch ${index}`))
  const rows = await sql<Array<{ number: number }>>`
    with batch as (
      insert into batches (id, provider, mode, format, digest, bytes, state, accepted_at, finished_at)
      select id, 'demo', 'apply', 'csv', id, 1, 'applied', now(), now() from unnest(${ids}::text[]) with ordinality as list (id, place) order by place
      returning id, number
    ), applied as (
      insert into applied_batches (batch_id, row_count, applied_at)
      select id, ${lanes * prices * months.length}, timestamptz '2026-01-01' + number * interval '1 minute' from batch
    )
    select number from batch order by number`
  for (const { number } of rows) {
    await sql`
      insert into prices (orig_code, dest_code, day, price, batch_number)
      select orig, dest, month::date + ((place * 7 + at + ${number}) % 28)::int, (100 + (place * 13 + at * 29 + ${number} * 31) % 900000) / 100.0, ${number}
      from (
        select orig.code as orig, dest.code as dest, row_number() over (order by orig.code, dest.code) as place
        from ports as orig join ports as dest on orig.code < dest.code order by orig.code, dest.code limit ${lanes}
      ) as lane, generate_series(1, ${prices}) as at, unnest(${months}::text[]) as month
      order by month, orig, dest`
  }
  await refreshLaneMonths(sql)
  return rows.map(({ number }) => number)
}

/** Computes `lane_months` from `prices`. */
export async function refreshLaneMonths (sql: Sql): Promise<void> {
  await sql`delete from lane_months`
  await sql`
    insert into lane_months (orig_code, dest_code, month, counts, cents)
    select orig_code, dest_code, month, array_agg(count order by day), array_agg(cents order by day)
    from (
      select orig_code, dest_code, month, day, coalesce(sum(count), 0)::int as count, coalesce(sum(cents), 0)::bigint as cents
      from (
        select orig_code, dest_code, date_trunc('month', day::timestamp)::date as month, extract(day from day)::int as day, count(*) as count,
          sum(price * 100) as cents
        from prices group by 1, 2, 3, 4
        union all
        select distinct orig_code, dest_code, date_trunc('month', day::timestamp)::date, place, 0, 0 from prices, generate_series(1, 31) as place
      ) as lane_day group by 1, 2, 3, 4
    ) as lane_month group by 1, 2, 3`
}
