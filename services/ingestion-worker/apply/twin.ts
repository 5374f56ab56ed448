import type { Sql } from 'postgres'
import type { Manifest } from '../../batch/batch.ts'

/** Thrown inside the transaction of a batch where applied batches may have the same content, and only their objects in the store can tell. */
export class UnknownContents extends Error {
  readonly ids: string[]
  constructor (ids: string[]) {
    super(`The content of ${ids.length} batches of an older release is to be read`)
    this.ids = ids
  }
}

/**
 * Returns the id of an applied batch of the same provider with the same content in the same format, or null. Batches that a key names
 * neither have twins nor are twins: the provider says by the key that they are others.
 *
 * Takes an advisory lock on provider, format and content until the end of the transaction: of two twins at once the second waits, and
 * then sees the first. Every release accepts under its own names; this is the one guard that does not depend on them.
 *
 * Throws UnknownContents for batches that an older release applied without writing `content_digest`, except those in `learnt`.
 */
export async function findTwin (
  tx: Sql, { id, provider, name, format, digest: payload }: Manifest, content: { digest: string, rows: number }, learnt: ReadonlySet<string>
): Promise<string | null> {
  if (name.kind === 'key') return null
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify([provider, format, content.digest])}, 0))`
  const digests = [content.digest, payload]
  const [twin] = await tx<Array<{ id: string }>>`
    select id from batches
    where provider = ${provider} and format = ${format} and state = 'applied' and id <> ${id} and name_kind <> 'key'
      and (content_digest = ${content.digest} or digest = any(${digests}))
    order by number limit 1`
  if (twin) return twin.id
  const unknown = await tx<Array<{ id: string }>>`
    select id from batches
    where provider = ${provider} and format = ${format} and state = 'applied' and id <> ${id} and name_kind is distinct from 'key'
      and content_digest is null and (digest = any(${digests}) or (decoded_bytes is null and row_count = ${content.rows}))
      and id <> all(${[...learnt]})
    order by number`
  if (unknown.length > 0) throw new UnknownContents(unknown.map(({ id }) => id))
  return null
}
