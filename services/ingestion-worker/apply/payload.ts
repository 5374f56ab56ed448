import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Manifest } from '../../batch/batch.ts'

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
    // What was decoded when it was accepted and cannot be now has changed since.
    if (!ofPayload) throw error instanceof Unreadable ? new DigestMismatch('The payload is longer than what was accepted') : error
    unreadable = error instanceof Unreadable ? error : isZlib(error) ? new Unreadable('not_gzip') : undefined
    if (!unreadable) throw error
    await raw.forEach(() => {}) // the digest needs the rest
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
  const gunzip = createGunzip()
  const fed = (async () => {
    for await (const chunk of chunks) {
      if (!gunzip.write(chunk)) await new Promise(resolve => gunzip.once('drain', resolve).once('close', resolve))
      if (gunzip.destroyed) return
    }
    gunzip.end()
  })()
  fed.catch(error => gunzip.destroy(error as Error)) // the store's error is the decoder's too
  try {
    yield * gunzip as AsyncIterable<Buffer>
  } finally {
    gunzip.destroy()
    await fed.catch(() => {})
  }
}

const isZlib = (error: unknown): boolean => /^Z_|^ERR_BUFFER_TOO_LARGE/.test(String((error as { code?: string }).code))
