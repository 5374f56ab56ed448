import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import type { Test } from 'tap'
import { bootstrap } from '../../services/migrate/bootstrap.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { urlFor, type Login } from './database.ts'
import { testSystem } from './system.ts'

/** Creates a database for the test alone, with the roles and without a schema. `open` opens a pool of one connection, as the owner by default. */
export async function emptyDatabase (t: Test): Promise<{ name: string, url: string, superuser: Sql, open: (login?: Login) => Sql }> {
  const { postgresUrl } = testSystem()
  const superuser = openDatabase({ url: postgresUrl, process: 'test', poolSize: 1 })
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await bootstrap(superuser, { database: name })
  const url = urlFor(postgresUrl, 'migrator', name)
  const opened: Sql[] = []
  t.teardown(async () => {
    await Promise.all(opened.map(sql => sql.end({ timeout: 1 })))
    await superuser.unsafe(`drop database ${name} with (force)`)
    await superuser.end()
  })
  return {
    name, url, superuser,
    open (login = 'migrator') {
      const sql = openDatabase({ url: urlFor(postgresUrl, login, name), process: 'test', poolSize: 1 })
      opened.push(sql)
      return sql
    },
  }
}
