import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Encoding, Format, Payload } from '../../../lib/batch/batch.ts'
import type { Charset } from '../../../lib/batch/content/charset.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { sendContinue } from '../../../lib/http/node/expect-continue.ts'
import type { DigestCheck } from './content-digest.ts'
import { openMeter, type BodyLimits, type Measured, type Meter } from './meter.ts'

export type TimeLimits = {
  /** Maximum pause within a body. */
  idleMs: number
  totalMs: number
}

/** What a request says about its file before the file begins. */
export type FileHead = {
  /** The format of the Content-Type; null if the content decides. */
  declared: Format | null
  encoding: Encoding
  charset?: Charset | undefined
  /** Name of the file, for display. */
  fileName?: string | undefined
}

/** Finds the file in the chunks of a body, which it reads to their end: gives its head first, and then its bytes. */
export type OpenFile = (chunks: AsyncGenerator<Buffer>) => AsyncGenerator<FileHead | Buffer>

/** A body that is the file. */
export const wholeBody = (head: FileHead): OpenFile => async function * (chunks) {
  yield head
  yield * chunks
}

export type Received = Measured & Pick<FileHead, 'encoding' | 'charset' | 'fileName'> & { payload: Payload }

/**
 * Streams the file of a request into the store as sent, and measures it on the way, so that memory use does not depend on its size.
 * Throws `content-too-large`, `malformed-body`, `digest-mismatch`, `request-timeout`, `store-unavailable` or a problem of `openFile`; the store then
 * has no part of the body.
 */
export async function receiveBody (request: IncomingMessage, openFile: OpenFile, digest: DigestCheck,
  limits: BodyLimits & TimeLimits, put: (body: Readable) => Promise<Payload>): Promise<Received> {
  checkLength(request, limits)
  const outcome: { head?: FileHead, measured?: Measured, failure?: Problem } = {}

  /** Verifies the digest before any error of a truncated body, such as invalid gzip. */
  async function * verifiedChunks (): AsyncGenerator<Buffer> {
    for await (const chunk of chunks(request, limits)) {
      digest.update(chunk)
      yield chunk
    }
    digest.end()
  }

  async function * measuredFile (): AsyncGenerator<Buffer> {
    try {
      let meter: Meter
      for await (const part of openFile(verifiedChunks())) {
        if (Buffer.isBuffer(part)) {
          await meter!.write(part)
          yield part
        } else {
          outcome.head = part
          meter = openMeter(part.declared, part.encoding, limits)
        }
      }
      outcome.measured = await meter!.end()
    } catch (error) {
      outcome.failure = error instanceof Problem ? error : new Problem('malformed-request', 'The connection closed before the body was complete', { cause: error })
      throw outcome.failure
    }
  }

  try {
    const payload = await put(Readable.from(measuredFile(), { objectMode: false, highWaterMark: 64 * 1024 }))
    const { encoding, charset, fileName } = outcome.head!
    return { ...outcome.measured!, encoding, charset, fileName, payload }
  } catch (cause) {
    throw outcome.failure ?? new Problem('store-unavailable', 'The batch was not accepted; send it again', { cause })
  }
}

/** Throws `content-too-large` if the Content-Length already exceeds the limit. */
export function checkLength ({ headers }: IncomingMessage, { maxBytes }: BodyLimits): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw new Problem('content-too-large', `The body is longer than ${maxBytes} bytes`)
}

/**
 * Yields the request's chunks without the stream's own iterator. If the caller stops early, the request stays open and has no
 * listeners, so the server can respond and discard the rest of the body. An iterator would destroy the request.
 */
export async function * chunks (request: IncomingMessage, { idleMs, totalMs }: TimeLimits): AsyncGenerator<Buffer> {
  const endsAt = performance.now() + totalMs
  sendContinue(request)
  for (;;) {
    const chunk = request.read() as Buffer | null
    if (chunk) yield chunk
    else if (request.complete) return
    else await waitForData(request, Math.min(idleMs, endsAt - performance.now()))
  }
}

async function waitForData (request: IncomingMessage, limitMs: number): Promise<void> {
  if (request.destroyed) throw new Error('The connection is closed')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onClose = (error?: Error): void => reject(error ?? new Error('The connection is closed'))
  const timer = setTimeout(() => reject(new Problem('request-timeout', 'The body was not received in time')), limitMs)
  request.once('readable', resolve).once('error', onClose).once('close', onClose)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    request.off('readable', resolve).off('error', onClose).off('close', onClose)
  }
}
