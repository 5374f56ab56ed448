import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'

/**
 * What only a superuser (on RDS: the master user) can do, once per server: the roles, their passwords where an environment
 * uses passwords, and the database, owned by `migrator`. Harmless when run again.
 */
export async function bootstrap (superuser: Sql, database: string, loginPasswords: Record<string, string> = {}): Promise<void> {
  await superuser.unsafe(readFileSync(join(import.meta.dirname, '../../sql/roles.sql'), 'utf8')).simple()
  for (const [role, password] of Object.entries(loginPasswords)) {
    await superuser.unsafe(`alter role ${quoteName(role)} login password ${quoteText(password)}`)
  }
  const [exists] = await superuser`select 1 from pg_database where datname = ${database}`
  if (!exists) {
    await superuser.unsafe('grant migrator to current_user').catch(ignoreCode('0LP01')) // RDS: an owner must be one's own role
    await superuser.unsafe(`create database ${quoteName(database)} owner migrator`).catch(ignoreCode('42P04', '23505'))
  }
  await superuser.unsafe(`revoke all on database ${quoteName(database)} from public`)
  await superuser.unsafe(`grant connect on database ${quoteName(database)} to rates_reader, batch_intake, batch_writer`)
}

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

function ignoreCode (...codes: string[]): (error: { code?: string }) => void {
  return error => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
