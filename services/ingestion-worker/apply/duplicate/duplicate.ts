import type { Sql } from 'postgres'
import type { Manifest } from '../../../../lib/batch/batch.ts'

/** Batches of an older release whose contents are looked up before the next query for them. */
export const maxUnknown = 20

/** The content of a batch by which twins are found: SHA-256 of its decoded bytes, and its number of rows. */
export type Content = { digest: string, rows: number }

/** Thrown inside the transaction of a batch where applied batches may have the same content, and only their objects in the store can tell. */
export class UnknownContents extends Error {
  readonly content: Content
  constructor (content: Content) {
    super('Batches of an older release may have the same content')
    this.content = content
  }
}

/**
 * Returns the id of an applied batch of the same provider with the same content in the same format, or null. Batches that a key names
 * neither have twins nor are twins: the provider says by the key that they are others.
 *
 * Takes an advisory lock on provider, format and content until the end of the transaction: of two twins at once the second waits, and
 * then sees the first. Every release accepts under its own names; this is the one guard that does not depend on them.
 *
 * Throws UnknownContents where `findUnknown` returns batches.
 */
export async function findDuplicate (tx: Sql, manifest: Manifest, content: Content): Promise<string | null> {
  const { id, provider, name, format, digest: payload } = manifest
  if (name.kind === 'key') return null
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify([provider, format, content.digest])}, 0))`
  const [duplicate] = await tx<Array<{ id: string }>>`
    select id from batches
    where provider = ${provider} and format = ${format} and state = 'applied' and id <> ${id} and name_kind <> 'key'
      and name_kind is distinct from 'key' -- says nothing new; the planner matches it with the index batches_of_digest
      and (content_digest <> digest and content_digest = ${content.digest} or digest = any(${[content.digest, payload]}))
    order by number limit 1`
  if (duplicate) return duplicate.id
  if ((await findUnknown(tx, manifest, content)).length > 0) throw new UnknownContents(content)
  return null
}

/**
 * Returns ids of batches that an older release applied without writing `content_digest`, and that may have this content: the oldest
 * first, `maxUnknown` at most. `learnContents` writes to each row what takes it out of this query.
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
