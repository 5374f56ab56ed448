import type { Sql } from 'postgres'
import { rowRules, type RowRules } from '../rows/rules.ts'

export type BatchLimits = { maxRows: number, maxRowBytes: number, maxGapBytes?: number, maxDecodedBytes: number, maxPriceUsd: number }

/** The ports and the span of days of now: reference data that is loaded counts from the next batch on. */
export async function currentRules (sql: Sql, { maxRows, maxRowBytes, maxGapBytes, maxPriceUsd }: BatchLimits): Promise<RowRules> {
  const [row] = await sql<[{ ports: string[] | null, aliases: Record<string, string> | null, first_day: string | null, last_day: string | null }]>`
    select
      (
        select array_agg(code order by code collate "C") from ports
        where not exists (select from port_aliases as alias where alias.code = ports.code)
      ) as ports,
      (select json_object_agg(code, port_code) from port_aliases) as aliases,
      min(month) as first_day, (max(month) + interval '1 month' - interval '1 day')::date as last_day
    from price_months`
  if (!row.ports || !row.first_day || !row.last_day) {
    // SQLSTATE of "object not in prerequisite state", in the class of a schema that is not ready: the worker waits for it.
    throw Object.assign(new Error('No ports or no months are loaded: run the migrator'), { code: '42P01' })
  }
  const aliases = new Map(Object.entries(row.aliases ?? {}))
  return rowRules({ ports: row.ports, aliases, firstDay: row.first_day, lastDay: row.last_day, maxRows, maxRowBytes, maxGapBytes, maxPriceUsd })
}
