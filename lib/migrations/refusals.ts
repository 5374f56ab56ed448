import type { Sql } from 'postgres'
import { compareReleases } from '../process/release.ts'
import { schemaState } from './schema.ts'
import type { Migration } from './migrations.ts'

/** Throws when an applied migration was edited since, and when the schema holds a newer breaking migration. */
export async function refuseChanged (sql: Sql, migrations: Migration[]): Promise<void> {
  const [exists] = await sql`select to_regclass('schema_migrations') as name`
  if (!exists?.name) return
  const rows = await sql<Array<{ number: number, name: string, sha256: string }>>`select number, name, sha256 from schema_migrations`
  for (const { number, name, sha256 } of rows) {
    const ours = migrations[number - 1]
    if (ours && ours.sha256 !== sha256) {
      throw new Error(`Migration ${name} differs from what was applied: write a new migration and leave applied ones as they were`)
    }
  }
  const { refusal } = await schemaState(sql, migrations)
  if (refusal) throw new Error(refusal)
}

/** The group roles of sql/roles.sql, to which migrations give privileges. */
export const groupRoles = ['rates_reader', 'batch_intake', 'batch_writer', 'operators']

/** Throws when a group role is missing: only a superuser or the master user makes roles, and a release may need another one. */
export async function refuseMissingRoles (sql: Sql): Promise<void> {
  const rows = await sql<Array<{ name: string }>>`select rolname as name from pg_roles where rolname = any (${groupRoles}::text[])`
  const missing = groupRoles.filter(role => !rows.some(({ name }) => name === role))
  if (missing.length > 0) {
    throw new Error(`The server has no role ${missing.join(', ')}: set BOOTSTRAP_DATABASE_URL (and LOGIN_PASSWORDS, where logins have passwords), ` +
      'and the migrator makes it first')
  }
}

/** A running older release must be able to restart and to roll back, so the contract step waits until it is gone. */
export async function refuseOlderReleases (tx: Sql, { name, oldestRelease }: Migration): Promise<void> {
  if (!oldestRelease) return
  const rows = await tx<Array<{ application_name: string }>>`
    select distinct application_name from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name ~ '@[0-9]+[.][0-9]+[.][0-9]+$'`
  const older = rows.map(row => row.application_name).filter(name => compareReleases(name.split('@')[1]!, oldestRelease) < 0)
  if (older.length > 0) {
    throw new Error(`Migration ${name} needs release ${oldestRelease} or newer, and ${older.join(', ')} is connected: ` +
      'deploy the newer release everywhere first')
  }
}
