import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { dumpSchema } from '../../sql/dump.ts'
import { database } from '../harness/database.ts'

const file = join(import.meta.dirname, '../../sql/schema.sql')

/** `npm run schema` runs this file with UPDATE_SCHEMA=1: schema.sql is generated from the migrations. */
t.test('sql/schema.sql is the result of the migrations', async t => {
  const { migrator } = await database(t)
  const schema = await dumpSchema(migrator)
  if (process.env.UPDATE_SCHEMA) await writeFile(file, schema)
  t.equal(schema, await readFile(file, 'utf8'), 'run `npm run schema` and commit the result')
})
