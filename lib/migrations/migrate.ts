import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'
import { readMigrations, type Migration } from './migrations.ts'
import { onlineLimitMs, runOnline } from './online.ts'
import { refuseChanged, refuseMissingRoles, refuseOlderReleases } from './refusals.ts'
import { MigrationLockedError, tableLockMs, retryUntilUnlocked } from './retries.ts'

/** Any number, the same for all migrators of this system. */
const lockKey = 7_340_001

/**
 * Brings the schema to this release's version, each migration in a transaction of its own, or without one where it is marked so;
 * under load or not. Safe when run by many at once: one has the lock, the others try again and then find the work done. Returns the
 * names of the migrations that this call applied.
 *
 * Throws when an applied migration was edited since, when the schema holds a newer breaking migration, when a role is missing, and before applying
 * a breaking migration while a release older than it allows is connected.
 *
 * @param sql a pool of one connection, which holds the lock; made with `poolSize: 1`
 * @param onStatement is told each statement that runs without a transaction, since it may take long
 */
export async function migrate (
  sql: Sql, migrations: Migration[] = readMigrations(), onStatement: (migration: string, statement: string) => void = () => {}
): Promise<string[]> {
  if (sql.options.max !== 1) throw new Error('migrate needs a pool of one connection')
  const applied: string[] = []
  await refuseChanged(sql, migrations)
  await refuseMissingRoles(sql)
  for (const migration of migrations) {
    const { name, statements } = migration
    const apply = statements
      ? () => applyOnline(sql, migration, statements, statement => onStatement(name, statement))
      : () => applyOne(sql, migration)
    if (await retryUntilUnlocked(apply)) applied.push(name)
  }
  return applied
}

/** False when it was applied already. */
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
 * The same without a transaction. It stands in nobody's way, so it may wait for a lock as long as it may take at all. The lock is the
 * session's: where a migrator is gone and its session still builds an index, the next one waits for that session.
 */
async function applyOnline (sql: Sql, migration: Migration, statements: string[], note: (statement: string) => void): Promise<boolean> {
  if (await isApplied(sql, migration)) return false
  const [lock] = await sql<[{ taken: boolean }]>`select pg_try_advisory_lock(${lockKey}) as taken`
  if (!lock.taken) throw new MigrationLockedError()
  try {
    if (await isApplied(sql, migration)) return false
    await refuseOlderReleases(sql, migration)
    const endsAt = performance.now() + onlineLimitMs
    for (const statement of statements) {
      note(statement)
      await runOnline(sql, statement, endsAt - performance.now())
    }
    await record(sql, migration)
    return true
  } finally {
    await sql`select pg_advisory_unlock(${lockKey}), set_config('statement_timeout', reset_val, false) from pg_settings where name = 'statement_timeout'`
      .catch(() => {}) // a session that is gone has no lock
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
