import type { Readable } from 'node:stream'
import type { ContentDigest } from '../duplicate/content-digest.ts'
import type { Run } from '../options.ts'
import { readPayload } from '../payload.ts'

/** The decoded content of a batch, chunk by chunk. */
export type PayloadChunks = {
  /** Decoded bytes so far. */
  bytes: number
  /** Number of decoded bytes at the end, as the manifest or the ZIP file claims it. */
  expectedBytes: number
  /** Returns the next chunk, null at the end. Throws what `readPayload` throws, and the reason of the signal. */
  next: () => Promise<Buffer | null>
}

/** Opens the chunks of a payload, and adds each to the digest of its content. The payload is the accepted one once the last chunk was read. */
export function openChunks ({ manifest, limits, signal }: Run, payload: Readable, content: ContentDigest): PayloadChunks {
  const chunks = readPayload(payload, manifest, limits.maxDecodedBytes)
  const opened: PayloadChunks = {
    bytes: 0,
    expectedBytes: manifest.decodedBytes ?? manifest.bytes,
    async next () {
      const next = await chunks.next()
      if (next.done) return null
      signal.throwIfAborted()
      content.update(next.value)
      opened.bytes += next.value.length
      return next.value
    },
  }
  return opened
}

/**
 * Reads the content to its end, for the proof by its digest. Returns its bytes, if they are at most `maxBytes`; null otherwise. Memory for
 * `expectedBytes` is taken at once, so that a long file is not in memory twice.
 */
export async function collect (chunks: PayloadChunks, maxBytes: number): Promise<Buffer | null> {
  let bytes = Buffer.allocUnsafeSlow(Math.min(chunks.expectedBytes, maxBytes))
  for (let chunk = await chunks.next(); chunk; chunk = await chunks.next()) {
    if (chunks.bytes > maxBytes) bytes = Buffer.alloc(0)
    else {
      if (chunks.bytes > bytes.length) bytes = Buffer.concat([bytes], Math.min(Math.max(chunks.bytes, 2 * bytes.length), maxBytes))
      chunk.copy(bytes, chunks.bytes - chunk.length)
    }
  }
  return chunks.bytes <= maxBytes ? bytes.subarray(0, chunks.bytes) : null
}
