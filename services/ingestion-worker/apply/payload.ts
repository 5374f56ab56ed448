import { createHash } from 'node:crypto'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Manifest } from '../../batch/batch.ts'

/** What lies in the store is not what was accepted: nobody's row is wrong, something happened to the object. */
export class DigestMismatch extends Error {
  readonly code = 'DIGEST_MISMATCH'
}

/**
 * The decoded content of a batch, chunk by chunk, and after the last one the proof that it is what was accepted.
 * Throws DigestMismatch, or what the store or the decoder throws: what was accepted could be decoded, so that an error there
 * also says that the object has changed.
 */
export async function * readPayload (raw: Readable, { encoding, digest, decodedBytes }: Manifest): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let length = 0
  const content = encoding === 'gzip' ? pipeline(raw, createGunzip(), () => {}) as unknown as Readable : raw
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > decodedBytes) throw new DigestMismatch(`The payload is longer than the ${decodedBytes} bytes that were accepted`)
      hash.update(chunk)
      yield chunk
    }
  } finally {
    raw.destroy()
  }
  if (hash.digest('hex') !== digest) throw new DigestMismatch('The payload has another SHA-256 than what was accepted')
}
