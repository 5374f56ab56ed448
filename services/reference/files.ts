import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { loadReference } from './load.ts'

const folder = join(import.meta.dirname, '../../sql/reference')

/** Loads the reference data that comes with this release. */
export async function loadReferenceFiles (sql: Sql): ReturnType<typeof loadReference> {
  return loadReference(sql, await readFile(join(folder, 'ports.csv'), 'utf8'), await readFile(join(folder, 'regions.csv'), 'utf8'))
}
