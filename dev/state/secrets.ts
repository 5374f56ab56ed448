import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { State } from './folder.ts'
import { readPrivateJson, writePrivateJson } from './private-file.ts'

export const logins = ['postgres', 'migrator', 'rates_api', 'ingestion_api', 'ingestion_worker', 'ops'] as const
export type Login = typeof logins[number]
export type Passwords = Record<Login, string>

/** Returns PostgreSQL's passwords, which are created once for each state folder. */
export function readPasswords (state: State): Passwords {
  const path = join(state.folder, 'passwords.json')
  const known = readPrivateJson<Partial<Passwords>>(path) ?? {}
  if (logins.every(login => known[login])) return known as Passwords
  const passwords = Object.fromEntries(logins.map(login => [login, known[login] ?? randomBytes(18).toString('hex')])) as Passwords
  writePrivateJson(path, passwords)
  return passwords
}
