import type { Sql } from 'postgres'
import { referenceColumns, type ReferenceConditions } from '../../../lib/batch/conditions.ts'
import { rowRules, type RowRules } from '../rows/values/rules.ts'

export type BatchLimits = { maxRows: number, maxRowBytes: number, maxGapBytes?: number, maxDecodedBytes: number, maxPriceUsd: number }

/** The rules, and which reference data they were made from. */
export type CurrentRules = RowRules & { reference: ReferenceConditions }

/** The ports and the span of days of now: reference data that is loaded counts from the next batch on. */
export async function currentRules (sql: Sql, { maxRows, maxRowBytes, maxGapBytes, maxPriceUsd }: BatchLimits): Promise<CurrentRules> {
  const [row] = await sql<[{
    ports: string[] | null, retired: string[] | null, aliases: Record<string, string> | null
    reference: number, first_day: string | null, last_day: string | null
  }]>`
    select
      (
        select array_agg(code order by code collate "C") from ports
        where not exists (select from port_aliases as alias where alias.code = ports.code)
      ) as ports,
      (select array_agg(code) from ports where retired_at is not null) as retired,
      (select json_object_agg(code, port_code) from port_aliases) as aliases,
      ${referenceColumns(sql)}
    from price_months`
  if (!row.ports || !row.first_day || !row.last_day) {
    // SQLSTATE of "object not in prerequisite state", in the class of a schema that is not ready: the worker waits for it.
    throw Object.assign(new Error('No ports or no months are loaded: run the migrator'), { code: '42P01' })
  }
  const aliases = new Map(Object.entries(row.aliases ?? {}))
  const { ports, reference, first_day: firstDay, last_day: lastDay } = row
  const rules = rowRules({ ports, aliases, retired: new Set(row.retired), firstDay, lastDay, maxRows, maxRowBytes, maxGapBytes, maxPriceUsd })
  return { ...rules, reference: { reference, first_day: firstDay, last_day: lastDay } }
}
