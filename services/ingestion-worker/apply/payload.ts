import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Manifest } from '../../../lib/batch/batch.ts'
import { NotGzip, openGunzip } from '../../../lib/batch/content/gunzip.ts'

/** What lies in the store is not what was accepted: nobody's row is wrong, something happened to the object. */
export class DigestMismatch extends Error {
  readonly code = 'DIGEST_MISMATCH'
}

/** What was accepted, and cannot be read: the batch is to be rejected. */
export class Unreadable extends Error {
  readonly code: 'not_gzip' | 'too_large'
  constructor (code: 'not_gzip' | 'too_large') {
    super(code)
    this.code = code
  }
}

/**
 * The decoded content of a batch, chunk by chunk, and after the last one the proof that it is what was accepted.
 * An upload's digest is that of the object as it lies there, since nobody has looked into it before.
 *
 * Throws DigestMismatch, Unreadable once it is known to be what was accepted, or what the store throws.
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
    if (!ofPayload && unreadable.code === 'too_large') throw new DigestMismatch('The payload is longer than what was accepted')
    // Earlier releases accepted data behind zero bytes; their digest is of what was decoded before it. Such a batch is rejected.
    if (ofPayload) await raw.forEach(() => {}) // the digest needs the rest
  } finally {
    stored.destroy()
  }
  if (hash.digest('hex') !== manifest.digest) throw new DigestMismatch('The payload has another SHA-256 than what was accepted')
  if (unreadable) throw unreadable
}

async function * hashed (source: Readable, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk)
    yield chunk
  }
}

/** Leaves `raw` alive when the decoder fails. */
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
  // The store's error is the decoder's too. After NotGzip the reader still gets all that was decoded.
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
