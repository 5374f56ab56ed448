import type { Sql } from 'postgres'

/** The final contents of the database. */
export type Dump = {
  /**
   * `finishedAt` is in microseconds. `rows` and `cents` are those of the batch in the ledger. `marked` is the row count of its idempotency record.
   */
  batches: Array<{
    id: string, provider: string, state: string, reason: string | null, finishedAt: number | null, attempts: number, errors: number | null
    rows: number, cents: number, marked: number | null
  }>
  /** Count and cents of each lane and day, in the ledger and in the read model. */
  lanes: Array<{ lane: string, day: string, ledger: [number, number], model: [number, number] }>
  /** Prices of no batch. */
  strays: number
}

/** Reads all contents in one snapshot. */
export async function dump (sql: Sql): Promise<Dump> {
  return await sql.begin('isolation level repeatable read read only', async tx => {
    const batches = await tx<Dump['batches']>`
      with ledger as (select batch_number, count(*) as rows, sum(price * 100)::bigint as cents from prices group by 1)
      select id, provider, state, reason, (extract(epoch from finished_at) * 1000000)::bigint as "finishedAt",
        (select count(*) from batch_attempts where batch_id = id) as attempts, error_count as errors,
        coalesce(rows, 0) as rows, coalesce(cents, 0) as cents, (select applied_batches.row_count from applied_batches where batch_id = id) as marked
      from batches left join ledger on batch_number = number`
    const lanes = await tx<Array<{ lane: string, day: string, side: 'ledger' | 'model', count: number, cents: number }>>`
      select orig_code || '-' || dest_code as lane, day, 'ledger' as side, count(*) as count, sum(price * 100)::bigint as cents
      from prices group by 1, 2
      union all
      select orig_code || '-' || dest_code, (month + (number - 1)::int)::date, 'model', counts[number]::bigint, cents[number]
      from lane_months, generate_series(1, 31) as number where counts[number] <> 0 or cents[number] <> 0`
    const [{ strays }] = await tx<[{ strays: number }]>`
      select count(*) as strays from prices where not exists (select from batches where number = batch_number)`
    return { batches: [...batches], lanes: sides(lanes), strays }
  })
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
