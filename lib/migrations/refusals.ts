import type { Sql } from 'postgres'
import { compareReleases } from '../process/release.ts'
import { schemaState } from './schema.ts'
import type { Migration } from './migrations.ts'

/** Throws if an applied migration was edited, or if the schema has a newer breaking migration. */
export async function refuseChanged (sql: Sql, migrations: Migration[]): Promise<void> {
  const [exists] = await sql`select to_regclass('schema_migrations') as name`
  if (!exists?.name) return
  const rows = await sql<Array<{ number: number, name: string, sha256: string }>>`select number, name, sha256 from schema_migrations`
  for (const { number, name, sha256 } of rows) {
    const ours = migrations[number - 1]
    if (ours && ours.sha256 !== sha256) {
      throw new Error(`Migration ${name} differs from the applied one: write a new migration and restore the applied one`)
    }
  }
  const { refusal } = await schemaState(sql, migrations)
  if (refusal) throw new Error(refusal)
}

/** The group roles of sql/roles.sql. Migrations grant privileges to them. */
export const groupRoles = ['rates_reader', 'batch_intake', 'batch_writer', 'operators']

/** Throws if a group role is missing. Only a superuser or the RDS master user can create roles, and a release may need a new one. */
export async function refuseMissingRoles (sql: Sql): Promise<void> {
  const rows = await sql<Array<{ name: string }>>`select rolname as name from pg_roles where rolname = any (${groupRoles}::text[])`
  const missing = groupRoles.filter(role => !rows.some(({ name }) => name === role))
  if (missing.length > 0) {
    throw new Error(`The server has no role ${missing.join(', ')}: set BOOTSTRAP_DATABASE_URL (and LOGIN_PASSWORDS, if logins have passwords), ` +
      'and the migrator creates the roles first')
  }
}

/** A running older release must be able to restart and to roll back, so a breaking migration waits until no older release is connected. */
export async function refuseOlderReleases (tx: Sql, { name, oldestRelease }: Migration): Promise<void> {
  if (!oldestRelease) return
  const older = await connectedBefore(tx, oldestRelease)
  if (older.length > 0) {
    throw new Error(`Migration ${name} needs release ${oldestRelease} or newer, and ${older.join(', ')} is connected: ` +
      'deploy the newer release everywhere first')
  }
}

/** Returns the processes of releases before this one that are connected, as `rates-api@0.1.0`. */
export async function connectedBefore (sql: Sql, release: string): Promise<string[]> {
  const rows = await sql<Array<{ name: string }>>`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name ~ '@[0-9]+[.][0-9]+[.][0-9]+$'`
  return rows.map(({ name }) => name).filter(name => compareReleases(name.split('@')[1]!, release) < 0)
}
