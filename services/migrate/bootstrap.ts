import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'

/** Any number but the migrator's; all bootstraps of a server take it in the same database. */
const lockKey = 7_340_002

/**
 * What only a superuser (on RDS: the master user) can do, once per server: the roles, their passwords where an environment
 * uses passwords, and the database, owned by `migrator`. Harmless when run again, or by many at once.
 *
 * @param sql a pool of one connection, which holds the lock; made with `poolSize: 1`
 */
export async function bootstrap (sql: Sql, database: string, loginPasswords: Record<string, string> = {}): Promise<void> {
  if (sql.options.max !== 1) throw new Error('bootstrap needs a pool of one connection')
  await sql`set client_min_messages = warning`
  await sql`select pg_advisory_lock(${lockKey})`
  try {
    await sql.unsafe(readFileSync(join(import.meta.dirname, '../../sql/roles.sql'), 'utf8')).simple()
    for (const [role, password] of Object.entries(loginPasswords)) {
      await sql.unsafe(`alter role ${quoteName(role)} password ${quoteText(password)}`)
    }
    await sql.unsafe('grant migrator to current_user') // RDS: one can only give a database to a role that one is in
    const [exists] = await sql`select 1 from pg_database where datname = ${database}`
    if (!exists) await sql.unsafe(`create database ${quoteName(database)} owner migrator`)
    await sql.unsafe(`revoke all on database ${quoteName(database)} from public`)
    await sql.unsafe(`grant connect on database ${quoteName(database)} to rates_reader, batch_intake, batch_writer`)
  } finally {
    await sql`select pg_advisory_unlock(${lockKey})`.catch(() => {})
  }
}

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`
