import type { Sql } from 'postgres'
import { readMigrations, type Migration } from './migrations.ts'
import { withDeadline } from '../process/deadline.ts'
import type { Log } from '../process/log.ts'
import { compareReleases, release } from '../process/release.ts'

export type SchemaState = {
  /** Migrations of this release that the database lacks: wait for the migrator. */
  missing: number
  /** Why this release must not run on the database at all, or null. */
  refusal: string | null
}

/** How the database's schema and this release fit. Throws what the database throws. */
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

/** Fails, with a code that says why, while this release cannot work on the database: for readiness. */
export async function requireSchema (sql: Sql, known: Migration[]): Promise<void> {
  const { missing, refusal } = await schemaState(sql, known)
  if (refusal) throw Object.assign(new Error(refusal), { code: 'SCHEMA_REFUSED' })
  if (missing > 0) throw Object.assign(new Error(`The database lacks ${missing} migrations`), { code: 'SCHEMA_MISSING' })
}

/** Ends the process, with exit code 1, where the schema needs a newer release. A database that is away is left to readiness. */
export async function exitIfRefused (connect: () => Sql, log: Log): Promise<void> {
  const sql = connect()
  const state = await withDeadline(schemaState(sql), 3_000)
    .catch((error: unknown) => log.warn({ err: error }, 'schema check failed: database unavailable'))
  await sql.end({ timeout: 0 })
  if (!state?.refusal) return
  log.fatal(state.refusal)
  process.exit(1)
}
