import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import type { Certificate } from './certificates.ts'
import type { Server } from './server.ts'

/** Replaces the certificate of a server. New connections use the new certificate. */
export async function useCertificate (server: Server, { cert, key }: Certificate): Promise<void> {
  writeOwned(server, 'server.crt', cert)
  writeOwned(server, 'server.key', key)
  await reload(server, 'alter system set ssl = on')
}

/** Writes the login rules of pg_hba.conf, in front of a rule that admits the superuser. */
export async function useLoginRules (server: Server, ...rules: string[]): Promise<void> {
  writeOwned(server, 'pg_hba.conf', ['host all postgres 127.0.0.1/32 scram-sha-256', ...rules, ''].join('\n'))
  await reload(server)
}

function writeOwned ({ cluster: { dataDir, owner } }: Server, name: string, text: string): void {
  const file = join(dataDir, name)
  writeFileSync(file, text, { mode: 0o600 })
  if (owner) chownSync(file, owner.uid, owner.gid)
}

/** Resolves when the server uses its present configuration files. A connection from before the reload would not show that. */
async function reload (server: Server, ...statements: string[]): Promise<void> {
  const sql = postgres(server.url('postgres', 'postgres'), { max: 1, onnotice: () => {} })
  for (const statement of statements) await sql.unsafe(statement)
  const [{ before }] = await sql<[{ before: Date }]>`select pg_conf_load_time() as before`
  await sql`select pg_reload_conf()`
  for (;;) {
    const [{ now }] = await sql<[{ now: Date }]>`select pg_conf_load_time() as now`
    if (now > before) break
  }
  await sql.end()
}
