import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Encoding, Format, Payload } from '../../../lib/batch/batch.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { sendContinue } from '../../../lib/http/node/expect-continue.ts'
import type { DigestCheck } from './content-digest.ts'
import { openMeter, type BodyLimits, type Measured } from './meter.ts'

export type TimeLimits = {
  /** Maximum pause within a body. */
  idleMs: number
  totalMs: number
}

export type Received = Measured & { payload: Payload }

/**
 * Streams a request's body into the store as sent, and measures it on the way, so that memory use does not depend on its size.
 * Throws `content-too-large`, `malformed-body`, `digest-mismatch`, `request-timeout` or `store-unavailable`; the store then has no
 * part of the body.
 */
export async function receiveBody (request: IncomingMessage, declared: Format | null, encoding: Encoding, digest: DigestCheck,
  limits: BodyLimits & TimeLimits, put: (body: Readable) => Promise<Payload>): Promise<Received> {
  checkLength(request, limits)
  const meter = openMeter(declared, encoding, limits)
  const outcome: { measured?: Measured, failure?: Problem } = {}

  async function * measuredBody (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of chunks(request, limits)) {
        digest.update(chunk)
        await meter.write(chunk)
        yield chunk
      }
      digest.end() // reported before errors of the decoder: a truncated body is also invalid gzip
      outcome.measured = await meter.end()
    } catch (error) {
      outcome.failure = error instanceof Problem ? error : new Problem('malformed-request', 'The connection closed before the body was complete', { cause: error })
      throw outcome.failure
    }
  }

  try {
    const payload = await put(Readable.from(measuredBody(), { objectMode: false, highWaterMark: 64 * 1024 }))
    return { ...outcome.measured!, payload }
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
