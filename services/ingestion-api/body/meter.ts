import { createHash } from 'node:crypto'
import { Problem } from '../../../lib/http/problem.ts'
import type { Encoding, Format } from '../../../lib/batch/batch.ts'
import { guessFileType } from '../../../lib/batch/content/guess-file-type.ts'
import { NotGzip, openGunzip } from '../../../lib/batch/content/gunzip.ts'
import { checkType, typeBytes } from './check-type.ts'
import { utf8Checker } from './utf8.ts'

export type BodyLimits = {
  /** Maximum body as it is sent. */
  maxBytes: number
  maxDecodedBytes: number
}

/** The measurements of a streamed body. */
export type Measured = {
  /** The declared format, or that of the content. */
  format: Format
  /** SHA-256 of the decoded content, in hex. */
  digest: string
  bytes: number
  decodedBytes: number
}

export type Meter = {
  /** Resolves when the next chunk may be written. Throws `content-too-large` or `malformed-body`. */
  write: (chunk: Buffer) => Promise<void>
  end: () => Promise<Measured>
}

/**
 * Counts, decodes and digests a body without buffering it. A decompression bomb is refused when it exceeds the limit, a file of another type than the
 * declared one by its first bytes, and JSON that is not UTF-8 at once. CSV may have another encoding: a worker looks at its columns.
 */
export function openMeter (declared: Format | null, encoding: Encoding, { maxBytes, maxDecodedBytes }: BodyLimits): Meter {
  const hash = createHash('sha256')
  const utf8 = utf8Checker()
  let bytes = 0
  let decodedBytes = 0
  let beginning: Buffer | null = Buffer.alloc(0)
  let format = declared

  function decoded (chunk: Buffer): void {
    decodedBytes += chunk.length
    if (decodedBytes > maxDecodedBytes) throw new Problem('content-too-large', `The decoded body is longer than ${maxDecodedBytes} bytes`)
    hash.update(chunk)
    const isFirst = beginning !== null
    if (beginning) {
      beginning = Buffer.concat([beginning, chunk.subarray(0, typeBytes)])
      if (beginning.length >= typeBytes) check()
    }
    if (mustBeUtf8() && !utf8.accepts(chunk)) throw notUtf8(isFirst ? chunk : null)
  }

  function check (): void {
    format = checkType(declared, beginning!)
    beginning = null
  }

  const mustBeUtf8 = (): boolean => declared === 'json' || declared === 'ndjson'
  const decoder = encoding === 'gzip' ? gunzipTo(decoded) : { write: async (chunk: Buffer) => decoded(chunk), end: async () => {} }

  return {
    async write (chunk) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new Problem('content-too-large', `The body is longer than ${maxBytes} bytes`)
      await decoder.write(chunk)
    },
    async end () {
      await decoder.end()
      if (decodedBytes === 0) throw new Problem('malformed-body', 'The body is empty: a batch needs at least one price')
      if (beginning) check()
      if (mustBeUtf8() && !utf8.isComplete()) throw new Problem('malformed-body', 'The body ends within a UTF-8 character')
      return { format: format!, digest: hash.digest('hex'), bytes, decodedBytes }
    },
  }
}

function notUtf8 (beginning: Buffer | null): Problem {
  const guess = beginning && guessFileType(beginning)
  return new Problem('malformed-body', `The body is not UTF-8 text${guess ? `: ${guess}` : ''}`)
}

function gunzipTo (sink: (chunk: Buffer) => void): { write: (chunk: Buffer) => Promise<void>, end: () => Promise<void> } {
  const gunzip = openGunzip()
  const done = (async () => {
    for await (const chunk of gunzip.decoded) sink(chunk)
  })()
  done.catch(() => {}) // write() or end() throws the error
  return {
    async write (chunk) {
      if (!await gunzip.write(chunk).catch(refuse)) await done.catch(refuse)
    },
    async end () {
      await gunzip.end().catch(refuse)
      await done.catch(refuse)
    },
  }
}

function refuse (error: unknown): never {
  throw error instanceof NotGzip ? new Problem('malformed-body', 'The body is not complete and valid gzip', { cause: error }) : error
}
