import { createGunzip } from 'node:zlib'

/** Thrown for bytes that are not whole, valid gzip. */
export class NotGzip extends Error {
  readonly code = 'NOT_GZIP'
}

export type Gunzip = {
  /** Resolves when the next chunk may come: false once the reader of `decoded` has stopped. Throws NotGzip. */
  write: (chunk: Buffer) => Promise<boolean>
  /** Resolves when all input was whole, valid gzip, or the reader of `decoded` has stopped. Throws NotGzip. */
  end: () => Promise<void>
  /** The decoded bytes, to be read while `write` and `end` are awaited. Throws NotGzip. */
  decoded: AsyncGenerator<Buffer>
  /** Closes the decoder; `decoded` throws the error. */
  destroy: (error: Error) => void
}

/**
 * Decodes gzip (RFC 1952) as a stream: one or more members, then nothing or zero bytes to the end.
 *
 * Node's decoder ends without an error at a zero byte behind a member and ignores the rest. So the decoder gets one chunk at a time:
 * when it has consumed less than it was given, padding has begun, and it gets no more. Every byte of padding must be zero.
 */
export function openGunzip (): Gunzip {
  const gunzip = createGunzip()
  let release = (): void => {} // ends the wait at hand
  gunzip.once('close', () => release())
  gunzip.on('error', () => {}) // thrown by write(), end() and `decoded`
  let given = 0
  /** Place behind the last byte that is not zero. */
  let contentEnd = 0
  let padding = false

  function check (): void {
    if (isZlibError(gunzip.errored)) throw notGzip(gunzip.errored)
    if (padding && contentEnd > gunzip.bytesWritten) throw new NotGzip('Data follows the zero bytes behind a gzip member')
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
