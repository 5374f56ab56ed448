import { statusOf } from '../../../../lib/batch/store/absent.ts'
import { isWithdrawal, type Manifest } from '../../../../lib/batch/batch.ts'
import { classify } from '../../../../lib/process/failures.ts'
import type { ApplyOptions } from '../options.ts'
import { openContentDigest } from './content-digest.ts'
import { DigestMismatch, readPayload, Unreadable } from '../payload.ts'
import { findUnknown, type Content } from './duplicate.ts'

/**
 * Writes `name_kind` and `content_digest` of batches that an older release applied and that may have the content of the new batch. Reads the
 * payloads of compressed uploads. Writes `content_lost` if the manifest or the payload is missing or has changed.
 *
 * Each batch is read outside the transaction of the new batch. Its row is written before the next batch is read, so a crash repeats the
 * read of only one batch.
 */
export async function backfillContentDigests (options: ApplyOptions, manifest: Manifest, content: Content): Promise<void> {
  for (;;) {
    const ids = await findUnknown(options.sql, manifest, content)
    if (ids.length === 0) return
    for (const id of ids) await backfillContentDigest(options, id)
  }
}

async function backfillContentDigest (options: ApplyOptions, id: string): Promise<void> {
  const { sql, store, signal } = options
  signal.throwIfAborted()
  const [unknown] = await sql`
    select 1 from batches where id = ${id} and content_digest is null and name_kind is distinct from 'key' and not content_lost`
  if (!unknown) return // another worker was faster
  const manifest = await store.readManifest(id).catch((error: unknown) => {
    if (classify(error) === 'corrupt') return null // the new batch is not at fault
    throw error
  })
  const kind = manifest?.name.kind ?? null
  const digest = manifest && !isWithdrawal(manifest) && kind !== 'key' ? await computeContentDigest(options, manifest) : null
  await sql`
    update batches set name_kind = coalesce(${kind}, name_kind), content_digest = ${digest}, content_lost = ${digest === null && kind !== 'key'}
    where id = ${id} and content_digest is null`
}

async function computeContentDigest ({ store, signal, limits }: ApplyOptions, manifest: Manifest): Promise<string | null> {
  const content = openContentDigest(manifest)
  if (manifest.digestOf === 'content' || manifest.encoding === 'identity') return content.digest()
  try {
    for await (const chunk of readPayload(await store.openPayload(manifest.payload, signal), manifest, limits.maxDecodedBytes)) {
      signal.throwIfAborted()
      content.update(chunk)
    }
    return content.digest()
  } catch (error) {
    const isLost = [404, 412].includes(statusOf(error) ?? 0) || error instanceof DigestMismatch || error instanceof Unreadable
    if (isLost) return null
    throw error
  }
}
