import type { Sql } from 'postgres'
import { release } from '../process/release.ts'

/** Reference data as of one moment: its version, and the first and the last day of the months that have a partition. */
export type ReferenceConditions = { reference: number, first_day: string, last_day: string }

/** The conditions that a batch is checked under. With the same conditions the same content has the same outcome. */
export type Conditions = ReferenceConditions & {
  release: string
  /** Limits of the worker, by name. */
  limits: Record<string, unknown>
  /** The number of rows that the request says. */
  rows: number | null
}

/** Kept with a rejection: the conditions, or the batch whose content it repeats, which no condition changes. */
export type CheckedUnder = Conditions | { duplicate: string }

/** Columns of {@link ReferenceConditions}, for a select from `price_months`. */
export const referenceColumns = (sql: Sql) => sql`
  (select version from reference_version) as reference,
  min(month)::text as first_day, (max(month) + interval '1 month' - interval '1 day')::date::text as last_day`

/** Says what the workers of now check by: their release and limits. Run when a worker starts. */
export async function publishWorkerRules (sql: Sql, limits: object): Promise<void> {
  await sql`
    insert into worker_rules (release, limits, since) values (${release}, ${sql.json(limits as never)}, now())
    on conflict (only_row) do update set release = excluded.release, limits = excluded.limits, since = excluded.since
    where (worker_rules.release, worker_rules.limits) is distinct from (excluded.release, excluded.limits)`
}

/** The conditions that a batch with this number of rows would be checked under now; null where no worker has said its rules yet. */
export async function readCurrentConditions (sql: Sql, rows: number | null): Promise<Conditions | null> {
  const [row] = await sql<Array<Omit<Conditions, 'rows'>>>`
    select worker_rules.release, worker_rules.limits, reference.*
    from worker_rules, (select ${referenceColumns(sql)} from price_months) as reference`
  return row ? { ...row, rows } : null
}
