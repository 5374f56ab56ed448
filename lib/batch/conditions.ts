import type { Sql } from 'postgres'
import { release } from '../process/release.ts'
import type { Manifest } from './batch.ts'

/** Reference data at one moment: its version, and the first and last day of the months that have a partition. */
export type ReferenceConditions = { reference: number, first_day: string, last_day: string }

/** Conditions under which a batch is checked. The same content under the same conditions has the same outcome. */
export type Conditions = ReferenceConditions & {
  release: string
  /** Limits of the worker by name. */
  limits: Record<string, unknown>
  /** Number of rows that the request declares. */
  rows: number | null
  /** Version of the profile. Absent without a profile. */
  profile?: string
  /** Declared character encoding. Absent if none is declared. */
  charset?: string
}

/** Conditions that the request of a batch has set. */
export type RequestConditions = Pick<Conditions, 'rows' | 'profile' | 'charset'>
export const requestConditions = ({ rows, profile, charset }: Pick<Manifest, 'rows' | 'profile' | 'charset'>): RequestConditions =>
  ({ rows: rows ?? null, ...(profile ? { profile: profile.version } : {}), ...(charset ? { charset } : {}) })

/** Stored with a rejection: the conditions, or the batch that applied the same content. A duplicate stays rejected under any conditions. */
export type CheckedUnder = Conditions | { duplicate: string }

/** Returns the columns of {@link ReferenceConditions}, for a select from `price_months`. */
export const referenceColumns = (sql: Sql) => sql`
  (select version from reference_version) as reference,
  min(month)::text as first_day, (max(month) + interval '1 month' - interval '1 day')::date::text as last_day`

/** Writes the release and limits that current workers check by. Each worker calls this function when it starts. */
export async function publishWorkerRules (sql: Sql, limits: object): Promise<void> {
  await sql`
    insert into worker_rules (release, limits, since) values (${release}, ${sql.json(limits as never)}, now())
    on conflict (only_row) do update set release = excluded.release, limits = excluded.limits, since = excluded.since
    where (worker_rules.release, worker_rules.limits) is distinct from (excluded.release, excluded.limits)`
}

/** Returns the conditions under which a batch of such a request would be checked now; null until a worker has published its rules. */
export async function readCurrentConditions (sql: Sql, ofRequest: RequestConditions): Promise<Conditions | null> {
  const [row] = await sql<Array<Omit<Conditions, keyof RequestConditions>>>`
    select worker_rules.release, worker_rules.limits, reference.*
    from worker_rules, (select ${referenceColumns(sql)} from price_months) as reference`
  return row ? { ...row, ...ofRequest } : null
}
