import { statusOf } from '../../batch/absent.ts'
import type { Manifest } from '../../batch/batch.ts'
import { classify } from '../../runtime/failures.ts'
import type { ApplyOptions } from './apply.ts'
import { openContentDigest } from './content-digest.ts'
import { DigestMismatch, readPayload, Unreadable } from './payload.ts'

/**
 * Writes `name_kind` and `content_digest` of batches that an older release applied. The payload of a compressed upload is read for it, once
 * ever. A payload that is gone or has changed tells nothing: its `content_digest` stays null.
 */
export async function learnContents (options: ApplyOptions, ids: readonly string[]): Promise<void> {
  const { sql, store, signal } = options
  for (const id of ids) {
    signal.throwIfAborted()
    const manifest = await store.readManifest(id).catch((error: unknown) => {
      if (classify(error) === 'corrupt') return null // that of another batch is no fault of this one
      throw error
    })
    if (!manifest) continue
    const digest = manifest.name.kind === 'key' ? null : await contentOf(options, manifest)
    await sql`update batches set name_kind = ${manifest.name.kind}, content_digest = ${digest} where id = ${id} and content_digest is null`
  }
}

async function contentOf ({ store, signal, limits }: ApplyOptions, manifest: Manifest): Promise<string | null> {
  const content = openContentDigest(manifest)
  if (manifest.digestOf === 'content' || manifest.encoding === 'identity') return content.digest()
  try {
    for await (const chunk of readPayload(await store.openPayload(manifest.payload, signal), manifest, limits.maxDecodedBytes)) {
      signal.throwIfAborted()
      content.update(chunk)
    }
    return content.digest()
  } catch (error) {
    const isGone = [404, 412].includes(statusOf(error) ?? 0) || error instanceof DigestMismatch || error instanceof Unreadable
    if (isGone) return null
    throw error
  }
}
