import { randomUUID } from 'node:crypto'
import postgres, { type Sql } from 'postgres'
import type { Test } from 'tap'
import { openDatabase } from '../../lib/postgres/database.ts'
import { testSystem } from './system.ts'

export type Login = 'migrator' | 'rates_api' | 'ingestion_api' | 'ingestion_worker' | 'ops' | 'postgres'

export type TestDatabase = {
  name: string
  /** Connection as the owner of the schema. */
  migrator: Sql
  url: (login: Login) => string
  /** Opens a pool for the given login. The pool is closed with the test. */
  open: (login: Login) => Sql
}

/**
 * Creates a database for the test alone: migrated, with reference data and partitions of 2020-12 to 2022-01 and of the current month, without
 * prices.
 */
export const database = (t: Test): Promise<TestDatabase> => copyOf(t, testSystem().templateDatabase)

/**
 * Copies the database in its present state, as a restore to this moment would. It ends all sessions of the source: nothing may run on the source
 * meanwhile.
 */
export const restored = (t: Test, { name }: TestDatabase): Promise<TestDatabase> => copyOf(t, name, admin =>
  admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`)

async function copyOf (t: Test, template: string, before: (admin: Sql) => Promise<unknown> = async () => {}): Promise<TestDatabase> {
  const { postgresUrl } = testSystem()
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const admin = postgres(urlFor(postgresUrl, 'postgres', 'postgres'), { max: 1, onnotice: () => {} })
  await before(admin)
  await admin.unsafe(`create database ${name} template ${template} strategy file_copy owner migrator`)
  await admin.unsafe(`revoke all on database ${name} from public; grant connect on database ${name} to rates_reader, batch_intake, batch_writer, operators`)
  const pools: Sql[] = []
  const open = (login: Login): Sql => {
    const sql = openDatabase({ url: urlFor(postgresUrl, login, name), process: `test-${login}`, poolSize: 4 })
    pools.push(sql)
    return sql
  }
  t.teardown(async () => {
    if (!t.passing()) console.error('sessions that are still open:', await admin`select application_name, state, wait_event_type, wait_event, query from pg_stat_activity where datname = ${name}`)
    await Promise.all(pools.map(sql => sql.end({ timeout: 1 })))
    await admin.unsafe(`drop database ${name} with (force)`)
    await admin.end()
  })
  return { name, url: login => urlFor(postgresUrl, login, name), open, migrator: open('migrator') }
}

export function urlFor (superuserUrl: string, login: string, name: string): string {
  const url = new URL(superuserUrl)
  url.username = login
  url.pathname = `/${name}`
  return url.href
}
