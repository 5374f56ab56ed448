import type { Sql } from 'postgres'
import { referenceColumns, type ReferenceConditions } from '../../../lib/batch/conditions.ts'
import { defaultParquetLimits, type ParquetLimits } from '../rows/parquet/limits.ts'
import { rowRules, type RowRules } from '../rows/values/rules.ts'
import { defaultXlsxLimits, type XlsxLimits } from '../rows/xlsx/xlsx-limits.ts'

export type BatchLimits = {
  maxRows: number, maxRowBytes: number, maxGapBytes?: number, maxDecodedBytes: number, maxPriceUsd: number
  /** Most days of a validity. @default 366 */
  validityMaxDays?: number
  /** Most errors in a report. @default {@link defaultReportRows} */
  errorsMaxRows?: number
  /** Limits of files that are no text. @default those of {@link defaultFileLimits} */
  files?: FileLimits
}

export type FileLimits = { xlsx: XlsxLimits, parquet: Omit<ParquetLimits, 'maxRows'> }
export const defaultFileLimits: FileLimits = { xlsx: defaultXlsxLimits, parquet: defaultParquetLimits }

/** Row rules with the version of the reference data that they come from. */
export type CurrentRules = RowRules & { reference: ReferenceConditions }

/** Reads the rules from the current ports and months. Reference data that is loaded later takes effect with the next batch. */
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
    // SQLSTATE of "undefined table": `classify` treats a missing schema and missing reference data alike, and the worker waits.
    throw Object.assign(new Error('No ports or no months are loaded: run the migrator'), { code: '42P01' })
  }
  const aliases = new Map(Object.entries(row.aliases ?? {}))
  const { ports, reference, first_day: firstDay, last_day: lastDay } = row
  const rules = rowRules({ ports, aliases, retired: new Set(row.retired), firstDay, lastDay, maxRows, maxRowBytes, maxGapBytes, maxPriceUsd })
  return { ...rules, reference: { reference, first_day: firstDay, last_day: lastDay } }
}
