import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'

/** An arbitrary number that differs from the migrator's. All bootstraps of a server take the lock in the same database. */
const lockKey = 7_340_002

export type Bootstrap = {
  /** Name of the database to create. Its owner is `migrator`. */
  database: string
  /** Whether the login roles get `rds_iam`. RDS then accepts tokens from them and no passwords. */
  iam?: boolean
  /** Passwords by login role, for environments that use passwords. Only a superuser can set them. */
  loginPasswords?: Record<string, string>
}

/**
 * Creates the roles and the database, once per server. Only a superuser (on RDS: the master user) can do this. Repeated and
 * concurrent runs are harmless.
 *
 * @param sql a pool of one connection (`poolSize: 1`), which holds the lock
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
