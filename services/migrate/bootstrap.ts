import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'

/** Any number but the migrator's; all bootstraps of a server take it in the same database. */
const lockKey = 7_340_002

export type Bootstrap = {
  /** Name of the database that is made, owned by `migrator`. */
  database: string
  /** Whether the logins get `rds_iam`: from then on RDS takes tokens from them and no passwords. */
  iam?: boolean
  /** By login, where an environment uses passwords; only a superuser can set them. */
  loginPasswords?: Record<string, string>
}

/**
 * What only a superuser (on RDS: the master user) can do, once per server: the roles and the database. Harmless when run again,
 * or by many at once.
 *
 * @param sql a pool of one connection, which holds the lock; made with `poolSize: 1`
 */
export async function bootstrap (sql: Sql, { database, iam = false, loginPasswords = {} }: Bootstrap): Promise<void> {
  if (sql.options.max !== 1) throw new Error('bootstrap needs a pool of one connection')
  await sql`set client_min_messages = warning`
  await sql`select pg_advisory_lock(${lockKey})`
  try {
    const [exists] = await sql`select 1 from pg_database where datname = ${database}`
    if (!exists) await sql.unsafe(`create database ${quoteName(database)}`)
    await sql`select set_config('bootstrap.database', ${database}, false), set_config('bootstrap.iam', ${iam ? 'on' : 'off'}, false)`
    await sql.unsafe(readFileSync(join(import.meta.dirname, '../../sql/roles.sql'), 'utf8')).simple()
    for (const [role, password] of Object.entries(loginPasswords)) {
      await sql.unsafe(`alter role ${quoteName(role)} password ${quoteText(password)}`)
    }
  } finally {
    await sql`select pg_advisory_unlock(${lockKey})`.catch(() => {})
  }
}

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`
