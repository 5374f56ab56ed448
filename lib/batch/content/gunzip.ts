import { createGunzip } from 'node:zlib'

/** Thrown for bytes that are not complete, valid gzip. */
export class NotGzip extends Error {
  readonly code = 'NOT_GZIP'
}

export type Gunzip = {
  /** Resolves when the next chunk may be written; with false after the reader of `decoded` has stopped. Throws NotGzip. */
  write: (chunk: Buffer) => Promise<boolean>
  /** Resolves when all input was complete, valid gzip, or the reader of `decoded` has stopped. Throws NotGzip. */
  end: () => Promise<void>
  /** Decoded bytes. The caller must read them while `write` and `end` are pending. Throws NotGzip. */
  decoded: AsyncGenerator<Buffer>
  /** Closes the decoder. `decoded` then throws the error. */
  destroy: (error: Error) => void
}

/**
 * Opens a streaming decoder of gzip (RFC 1952): one or more members, then optional padding of zero bytes.
 *
 * Node's decoder ends without an error at a zero byte after a member, and ignores the rest of the input. So Node's decoder gets one chunk
 * at a time. If it consumes less than a chunk, padding has begun, and it gets no more input. All padding must be zero bytes.
 */
export function openGunzip (): Gunzip {
  const gunzip = createGunzip()
  let release = (): void => {} // ends the pending wait
  gunzip.once('close', () => release())
  gunzip.on('error', () => {}) // thrown by write(), end() and `decoded`
  let given = 0
  /** Offset after the last byte that is not zero. */
  let contentEnd = 0
  let padding = false

  function check (): void {
    if (isZlibError(gunzip.errored)) throw notGzip(gunzip.errored)
    if (padding && contentEnd > gunzip.bytesWritten) throw new NotGzip('Data follows the zero bytes after a gzip member')
  }

  async function decode (chunk: Buffer): Promise<void> {
    await new Promise<void>(resolve => {
      release = resolve
      gunzip.write(chunk, () => {
        padding = !gunzip.destroyed && gunzip.bytesWritten < given
        resolve()
      })
    })
  }

  async function * decoded (): AsyncGenerator<Buffer> {
    try {
      yield * gunzip as AsyncIterable<Buffer>
    } catch (error) {
      throw isZlibError(error) ? notGzip(error) : error
    } finally {
      gunzip.destroy()
    }
  }

  return {
    async write (chunk) {
      const last = lastNonZero(chunk)
      if (last >= 0) contentEnd = given + last + 1
      given += chunk.length
      if (!padding && !gunzip.closed) await decode(chunk)
      check()
      return padding || !gunzip.destroyed
    },
    async end () {
      if (!padding && !gunzip.closed) {
        await new Promise<void>(resolve => {
          release = resolve
          gunzip.end()
        })
      }
      check()
    },
    decoded: decoded(),
    destroy: error => { gunzip.destroy(error) },
  }
}

const isZlibError = (error: unknown): boolean => /^Z_/.test(String((error as { code?: string } | null)?.code))
const notGzip = (cause: unknown): NotGzip => new NotGzip('Not complete, valid gzip', { cause })

function lastNonZero (chunk: Buffer): number {
  let at = chunk.length - 1
  while (at >= 0 && chunk[at] === 0) at--
  return at
}
