import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Manifest } from '../../../lib/batch/batch.ts'
import { NotGzip, openGunzip } from '../../../lib/batch/content/gunzip.ts'

/** Thrown when the stored payload differs from the accepted digest. The provider is not at fault. */
export class DigestMismatch extends Error {
  readonly code = 'DIGEST_MISMATCH'
}

/** Thrown when the accepted payload cannot be decoded within the limits. The batch must be rejected. */
export class Unreadable extends Error {
  readonly code: 'not_gzip' | 'too_large'
  constructor (code: 'not_gzip' | 'too_large') {
    super(code)
    this.code = code
  }
}

/**
 * Yields the decoded content of a batch, and compares its digest with the manifest after the last chunk. The digest of an upload is of the
 * stored object, because an upload is not decoded before acceptance.
 *
 * Throws DigestMismatch. Throws Unreadable only after the payload has proved to be the accepted one. Throws the errors of the store.
 */
export async function * readPayload (stored: Readable, manifest: Manifest, maxDecodedBytes: number): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  const ofPayload = manifest.digestOf === 'payload'
  const raw = ofPayload ? Readable.from(hashed(stored, hash), { objectMode: false }) : stored
  const limit = manifest.decodedBytes ?? maxDecodedBytes
  let length = 0
  let unreadable: Unreadable | undefined
  try {
    for await (const chunk of decoded(raw, manifest)) {
      length += chunk.length
      if (length > limit) throw new Unreadable('too_large')
      if (!ofPayload) hash.update(chunk)
      yield chunk
    }
  } catch (error) {
    unreadable = error instanceof Unreadable ? error : error instanceof NotGzip ? new Unreadable('not_gzip') : undefined
    if (!unreadable) throw error
    if (!ofPayload && unreadable.code === 'too_large') throw new DigestMismatch('The payload is longer than the accepted one')
    // Earlier releases accepted data after zero bytes, with a digest of only the content before them. Such a batch is rejected.
    if (ofPayload) await raw.forEach(() => {}) // the digest covers the rest of the payload
  } finally {
    stored.destroy()
  }
  if (hash.digest('hex') !== manifest.digest) throw new DigestMismatch('The SHA-256 of the payload differs from the accepted one')
  if (unreadable) throw unreadable
}

async function * hashed (source: Readable, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk)
    yield chunk
  }
}

/** Decodes `raw`. Does not destroy `raw` when the decoder fails: the digest needs the remaining bytes. */
async function * decoded (raw: Readable, { encoding }: Manifest): AsyncGenerator<Buffer> {
  const chunks = raw.iterator({ destroyOnReturn: false }) as NodeJS.AsyncIterator<Buffer> & AsyncIterable<Buffer>
  if (encoding === 'identity') {
    yield * chunks
    return
  }
  const gunzip = openGunzip()
  const feeding = feed().then(() => undefined, (error: unknown) => error)
  async function feed (): Promise<void> {
    for await (const chunk of chunks) {
      if (!await gunzip.write(chunk)) return
    }
    await gunzip.end()
  }
  // An error of the store also destroys the decoder. After NotGzip the consumer still receives all decoded bytes.
  feeding.then(error => { if (error && !(error instanceof NotGzip)) gunzip.destroy(error as Error) })
  try {
    yield * gunzip.decoded
    const error = await feeding
    if (error) throw error
  } finally {
    await gunzip.decoded.return(undefined)
    await feeding
  }
}
