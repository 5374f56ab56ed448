import { setImmediate } from 'node:timers/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { FileRefused } from '../file-refused.ts'
import type { UnpackLimit } from './unpack-limit.ts'
import type { ZipEntry } from './zip-directory.ts'

const STORED = 0
const DEFLATED = 8
const CHUNK_BYTES = 65_536
/** Bytes of a stored file that are passed on before other work of the process gets a turn. */
const TURN_BYTES = 16 * CHUNK_BYTES

/**
 * Yields the content of a file in a zip. Compares its length and CRC-32 with the directory after the last chunk.
 *
 * Throws FileRefused if the file is encrypted, damaged, packed by another method than deflate, or beyond the limit.
 */
export async function * unzip (entry: ZipEntry, limit: UnpackLimit): AsyncGenerator<Buffer, void> {
  if (entry.isEncrypted) throw new FileRefused('encrypted_zip')
  if (entry.method !== STORED && entry.method !== DEFLATED) throw new FileRefused('zip_method')
  let bytes = 0
  let crc = 0
  try {
    for await (const chunk of entry.method === STORED ? stored(entry.packed) : inflated(entry.packed)) {
      bytes += chunk.length
      limit.count(entry, bytes)
      if (bytes > entry.bytes) break
      crc = crc32(chunk, crc)
      yield chunk
    }
  } catch (error) {
    throw /^Z_/.test(String((error as { code?: string }).code)) ? new FileRefused('damaged_zip') : error
  }
  if (bytes !== entry.bytes || crc !== entry.crc) throw new FileRefused('damaged_zip')
}

function inflated (packed: Uint8Array): AsyncIterable<Buffer> {
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES })
  inflate.end(packed)
  return inflate
}

async function * stored (packed: Uint8Array): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < packed.length; at += CHUNK_BYTES) {
    if (at % TURN_BYTES === 0) await setImmediate()
    const end = Math.min(packed.length, at + CHUNK_BYTES)
    yield Buffer.from(packed.buffer, packed.byteOffset + at, end - at)
  }
}
