import type { Sql } from 'postgres'
import { readMigrations, type Migration } from './migrations.ts'
import { withDeadline } from '../process/deadline.ts'
import type { Log } from '../process/log.ts'
import { compareReleases, release } from '../process/release.ts'

export type SchemaState = {
  /** Migrations of this release that the database lacks. The migrator applies them. */
  missing: number
  /** Why this release must not run on this database, or null. */
  refusal: string | null
}

/** Compares the database's schema with this release. Throws the database's errors. */
export async function schemaState (sql: Sql, known: Migration[] = readMigrations(), thisRelease = release): Promise<SchemaState> {
  const [table] = await sql`select to_regclass('schema_migrations') as name`
  if (!table?.name) return { missing: known.length, refusal: null }
  const rows = await sql<Array<{ number: number, name: string, oldest_release: string | null }>>`
    select number, name, oldest_release from schema_migrations`
  const newer = rows.find(row => row.number > known.length && row.oldest_release && compareReleases(thisRelease, row.oldest_release) < 0)
  return {
    missing: known.filter(migration => !rows.some(row => row.number === migration.number)).length,
    refusal: newer
      ? `The database has migration ${newer.name}, which needs release ${newer.oldest_release} or newer; this is ${thisRelease}`
      : null,
  }
}

/** Throws with a code while this release cannot work on the database. Readiness reports the code. */
export async function requireSchema (sql: Sql, known: Migration[]): Promise<void> {
  const { missing, refusal } = await schemaState(sql, known)
  if (refusal) throw Object.assign(new Error(refusal), { code: 'SCHEMA_REFUSED' })
  if (missing > 0) throw Object.assign(new Error(`The database lacks ${missing} migrations`), { code: 'SCHEMA_MISSING' })
}

/** Exits with code 1 if the schema needs a newer release. Readiness reports an unavailable database. */
export async function exitIfRefused (connect: () => Sql, log: Log): Promise<void> {
  const sql = connect()
  const state = await withDeadline(schemaState(sql), 3_000)
    .catch((error: unknown) => log.warn({ err: error }, 'schema check failed: database unavailable'))
  await sql.end({ timeout: 0 })
  if (!state?.refusal) return
  log.fatal(state.refusal)
  process.exit(1)
}
