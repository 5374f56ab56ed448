import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { loadReference, type Loaded } from './load.ts'

const folder = join(import.meta.dirname, '../../sql/reference')

/**
 * Loads the reference data of this release, once. Data that an operator loads later stays until a release has different files.
 * Returns null if these files were loaded before.
 */
export async function loadReferenceFiles (sql: Sql): Promise<Loaded | null> {
  const ports = await readText(join(folder, 'ports.csv'))
  const regions = await readText(join(folder, 'regions.csv'))
  const sha256 = createHash('sha256').update(`${regions}\0${ports}`).digest('hex')
  const [before] = await sql`select 1 from reference_loads where sha256 = ${sha256}`
  if (before) return null
  const loaded = await loadReference(sql, ports, regions, { shipped: true })
  await sql`insert into reference_loads (sha256) values (${sha256}) on conflict do nothing`
  return loaded
}

/** Reads a UTF-8 file. Throws a TypeError with code `ERR_ENCODING_INVALID_ENCODED_DATA` if the file is not UTF-8. */
export async function readText (path: string): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
}
