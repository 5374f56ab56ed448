import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readMigrations } from '../../../lib/migrations/migrations.ts'

/** One line per migration, as `sha256sum` prints it. `npm run schema` adds the line of a new migration and never changes one. */
const list = join(import.meta.dirname, '../../../sql/migrations.sha256')
const readList = (): Map<string, string> => new Map(readFileSync(list, 'utf8').trim().split('\n').map(line => [line.slice(66), line.slice(0, 64)]))

t.test('no migration has changed, comments included: a database that has the earlier text refuses the release', async t => {
  const migrations = readMigrations().map(({ name, sha256 }) => [`migrations/${name}.sql`, sha256] as const)
  if (process.env.UPDATE_SCHEMA) {
    for (const [file, sha256] of migrations.filter(([file]) => !readList().has(file))) appendFileSync(list, `${sha256}  ${file}\n`)
  }
  t.same([...readList()], migrations)
})
