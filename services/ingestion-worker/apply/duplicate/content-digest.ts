import { createHash } from 'node:crypto'
import type { Manifest } from '../../../../lib/batch/batch.ts'

export type ContentDigest = { update: (chunk: Buffer) => void, /** SHA-256 in hex, after the last chunk. */ digest: () => string }

/** Returns the SHA-256 of a batch's decoded content: computed for a compressed upload, otherwise taken from the manifest. */
export function openContentDigest ({ digest, digestOf, encoding }: Manifest): ContentDigest {
  if (digestOf === 'content' || encoding === 'identity') return { update: () => {}, digest: () => digest }
  const hash = createHash('sha256')
  let done: string | undefined
  return {
    update: chunk => { hash.update(chunk) },
    digest: () => (done ??= hash.digest('hex')),
  }
}
