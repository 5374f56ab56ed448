import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { compareReleases } from '../runtime/release.ts'
import { schemaState } from '../runtime/schema.ts'
import { transaction } from '../runtime/transaction.ts'
import { readMigrations, type Migration } from './migrations.ts'

/** Any number, the same for all migrators of this system. */
const lockKey = 7_340_001

/**
 * Readers and batches queue behind a migration that waits for a lock: so it waits but shortly, lets go of everything and comes
 * again, until the batch or reader that had it in its way is done. Less than PostgreSQL's deadlock_timeout of a second, so that a
 * batch that wants the same tables in another order is not the one to be ended.
 */
const tableLockMs = 500
const maxTries = 600

/**
 * Brings the schema to this release's version, each migration in a transaction of its own, under load or not. Safe when run by
 * many at once: all wait for one lock and then find the work done. Returns the names of the migrations that this call applied.
 *
 * Throws when an applied migration was edited since, when the schema holds a newer breaking migration, and before applying
 * a breaking migration while a release older than it allows is connected.
 */
export async function migrate (sql: Sql, migrations: Migration[] = readMigrations()): Promise<string[]> {
  const applied: string[] = []
  await refuseChanged(sql, migrations)
  for (const migration of migrations) {
    if (await untilUnlocked(() => applyOne(sql, migration))) applied.push(migration.name)
  }
  return applied
}

/** False when it was applied already. */
async function applyOne (sql: Sql, migration: Migration): Promise<boolean> {
  return await transaction(sql, async tx => {
    await prepare(tx)
    const [row] = await tx`select 1 from schema_migrations where number = ${migration.number}`
    if (row) return false
    await refuseOlderReleases(tx, migration)
    await tx.unsafe(`set local lock_timeout = ${tableLockMs}`)
    await tx.unsafe(migration.text).simple()
    await tx`
      insert into schema_migrations (number, name, sha256, oldest_release, applied_at)
      values (${migration.number}, ${migration.name}, ${migration.sha256}, ${migration.oldestRelease}, clock_timestamp())`
    return true
  })
}

async function untilUnlocked<T> (work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const isInTheWay = ['55P03', '40P01'].includes((error as { code?: string }).code ?? '')
      if (!isInTheWay || tries === maxTries) throw error
      await wait(tableLockMs * (0.5 + Math.random()))
    }
  }
}

async function prepare (tx: Sql): Promise<void> {
  await tx`set local lock_timeout = '60s'`
  await tx`select pg_advisory_xact_lock(${lockKey})`
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

async function refuseChanged (sql: Sql, migrations: Migration[]): Promise<void> {
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

/** A running older release must be able to restart and to roll back, so the contract step waits until it is gone. */
async function refuseOlderReleases (tx: Sql, { name, oldestRelease }: Migration): Promise<void> {
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
