import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'
import { convertFirst } from './after-conversion.ts'
import { readMigrations, type Migration } from './migrations.ts'
import { onlineLimitMs, runOnline } from './online.ts'
import { refuseChanged, refuseMissingRoles, refuseOlderReleases } from './refusals.ts'
import { MigrationLockedError, tableLockMs, retryUntilUnlocked } from './retries.ts'

/** Called during work that may take long. */
export type Progress = {
  /** Called before each statement that runs without a transaction. */
  onStatement?: (migration: string, statement: string) => void
  /** Called while a migration converts all prices first, with about how many are left: at the begin, and every ten seconds. */
  onConverting?: (migration: string, left: number) => void
  /** Called with the number of lane-days whose sums the conversion has kept without prices, for each of its transactions. */
  onKept?: (migration: string, laneDays: number) => void
}

/** An arbitrary number, the same for all migrators of this system. */
const lockKey = 7_340_001

/**
 * Migrates the schema to this release's version. Each migration runs in its own transaction, or without a transaction if marked so.
 * Safe under load and with concurrent migrators: one has the lock, and the others retry until they find the migrations applied.
 * Returns the names of the migrations that this call applied.
 *
 * Throws if an applied migration was edited, if the schema has a newer breaking migration, or if a role is missing. Also throws
 * before a breaking migration while a release is connected that is older than the migration allows, and before a migration that needs all prices
 * converted while an older release converts them.
 *
 * @param sql a pool of one connection (`poolSize: 1`), which holds the lock
 */
export async function migrate (
  sql: Sql, migrations: Migration[] = readMigrations(), { onStatement, onConverting, onKept }: Progress = {}
): Promise<string[]> {
  if (sql.options.max !== 1) throw new Error('migrate needs a pool of one connection')
  const applied: string[] = []
  await refuseChanged(sql, migrations)
  await refuseMissingRoles(sql)
  for (const migration of migrations) {
    const { name, statements, afterConversion } = migration
    if (afterConversion && !await isApplied(sql, migration)) {
      await convertFirst(sql, migration, { onProgress: left => onConverting?.(name, left), onKept: laneDays => onKept?.(name, laneDays) })
    }
    const apply = statements
      ? () => applyOnline(sql, migration, statements, statement => onStatement?.(name, statement))
      : () => applyOne(sql, migration)
    if (await retryUntilUnlocked(apply)) applied.push(name)
  }
  return applied
}

/** Returns false if the migration was applied before. */
async function applyOne (sql: Sql, migration: Migration): Promise<boolean> {
  if (await isApplied(sql, migration)) return false
  return await transaction(sql, async tx => {
    const [lock] = await tx<[{ taken: boolean }]>`select pg_try_advisory_xact_lock(${lockKey}) as taken`
    if (!lock.taken) throw new MigrationLockedError()
    await prepare(tx)
    if (await isApplied(tx, migration)) return false
    await refuseOlderReleases(tx, migration)
    await tx.unsafe(`set local lock_timeout = ${tableLockMs}`)
    await tx.unsafe(migration.text).simple()
    await record(tx, migration)
    return true
  })
}

/**
 * Applies a migration without a transaction. Its statements block nobody, so they may wait for a lock up to the time limit. The
 * lock belongs to the session: if a migrator has died and its session still builds an index, the next migrator waits for the session.
 */
async function applyOnline (
  sql: Sql, migration: Migration, statements: string[], onStatement: (statement: string) => void
): Promise<boolean> {
  if (await isApplied(sql, migration)) return false
  const [lock] = await sql<[{ taken: boolean }]>`select pg_try_advisory_lock(${lockKey}) as taken`
  if (!lock.taken) throw new MigrationLockedError()
  try {
    if (await isApplied(sql, migration)) return false
    await refuseOlderReleases(sql, migration)
    const endsAt = performance.now() + onlineLimitMs
    for (const statement of statements) {
      onStatement(statement)
      await runOnline(sql, statement, endsAt - performance.now())
    }
    await record(sql, migration)
    return true
  } finally {
    await sql`select pg_advisory_unlock(${lockKey}), set_config('statement_timeout', reset_val, false) from pg_settings where name = 'statement_timeout'`
      .catch(() => {}) // a lost session holds no lock
  }
}

async function isApplied (sql: Sql, { number }: Migration): Promise<boolean> {
  const [exists] = await sql`select to_regclass('schema_migrations') as name`
  if (!exists?.name) return false
  const [row] = await sql`select 1 from schema_migrations where number = ${number}`
  return row !== undefined
}

async function record (sql: Sql, { number, name, sha256, oldestRelease }: Migration): Promise<void> {
  await sql`
    insert into schema_migrations (number, name, sha256, oldest_release, applied_at)
    values (${number}, ${name}, ${sha256}, ${oldestRelease}, clock_timestamp())`
}

async function prepare (tx: Sql): Promise<void> {
  await tx`set local lock_timeout = '60s'`
  await tx`set local client_min_messages = warning`
  await tx.unsafe(`
    create table if not exists schema_migrations (
      number int primary key,
      name text not null,
      sha256 text not null,
      oldest_release text,
      applied_at timestamptz not null default now()
    );
    grant select on schema_migrations to rates_reader, batch_intake, batch_writer`).simple()
}
