import type { Sql } from 'postgres'
import type { Manifest } from '../../../../lib/batch/batch.ts'
import { fileError, type RowError } from '../../rows/values/row-error.ts'

/** Batches of an older release that one call of `findUnknown` returns at most. */
export const maxUnknown = 20

/** Content of a batch, by which duplicates are found: SHA-256 of its decoded bytes, and its number of rows. */
export type Content = { digest: string, rows: number }

/** Thrown inside the transaction of a batch if applied batches may have the same content and only their stored objects give the answer. */
export class UnknownContents extends Error {
  readonly content: Content
  constructor (content: Content) {
    super('Batches of an older release may have the same content')
    this.content = content
  }
}

/**
 * Returns an error if an applied or withdrawn batch of the same provider has the same content in the same format, otherwise null. A batch with a key
 * is never a duplicate and never has one: the provider declares by the key that the batch is distinct.
 *
 * Takes an advisory lock on provider, format and content until the end of the transaction. Of two concurrent duplicates the second waits,
 * and then finds the first. Names of batches differ between releases; this check does not depend on names.
 *
 * Throws UnknownContents if `findUnknown` returns batches.
 */
export async function findDuplicate (tx: Sql, manifest: Manifest, content: Content): Promise<RowError | null> {
  const { id, provider, name, format, digest: payload } = manifest
  if (name.kind === 'key') return null
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify([provider, format, content.digest])}, 0))`
  const [duplicate] = await tx<Array<{ id: string }>>`
    select id from batches
    where provider = ${provider} and format = ${format} and state = 'applied' and id <> ${id} and name_kind <> 'key'
      and name_kind is distinct from 'key' -- redundant; the planner needs this condition to use the index batches_of_digest
      and (content_digest <> digest and content_digest = ${content.digest} or digest = any(${[content.digest, payload]}))
    order by number limit 1`
  if (duplicate) return fileError('duplicate', duplicate.id, duplicate.id)
  const [withdrawn] = await tx<Array<{ id: string }>>`
    select id from batches
    where provider = ${provider} and format = ${format} and state = 'withdrawn' and id <> ${id} and name_kind is distinct from 'key'
      and (content_digest <> digest and content_digest = ${content.digest} or digest = any(${[content.digest, payload]}))
    order by number limit 1`
  if (withdrawn) return fileError('withdrawn', withdrawn.id, withdrawn.id)
  if ((await findUnknown(tx, manifest, content)).length > 0) throw new UnknownContents(content)
  return null
}

/**
 * Returns ids of batches that an older release applied without writing `content_digest`, and that may have this content: the oldest
 * first, `maxUnknown` at most. `backfillContentDigests` writes each of these rows, and this query no longer returns them.
 */
export async function findUnknown (sql: Sql, { id, provider, format, digest: payload }: Manifest, content: Content): Promise<string[]> {
  const rows = await sql<Array<{ id: string }>>`
    select id from batches
    where provider = ${provider} and format = ${format} and state = 'applied' and id <> ${id} and name_kind is distinct from 'key'
      and content_digest is null and not content_lost
      and (digest = any(${[content.digest, payload]}) or (decoded_bytes is null and row_count = ${content.rows}))
    order by number limit ${maxUnknown}`
  return rows.map(row => row.id)
}
