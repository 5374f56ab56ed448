import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Encoding, Payload } from '../../batch/batch.ts'
import { withDeadline } from '../../runtime/deadline.ts'
import { Problem } from '../../runtime/problem.ts'
import { openMeter, type BodyLimits, type Measured } from './meter.ts'

export type Received = Measured & { payload: Payload }

/**
 * Streams a request's body into the store, as it was sent, and measures it on the way: memory stays flat whatever its
 * size. Nothing is left in the store when it throws `content-too-large`, `malformed-body`, `request-timeout` or `store-unavailable`.
 */
export async function receiveBody (request: IncomingMessage, encoding: Encoding, limits: BodyLimits & { idleMs: number },
  put: (body: Readable) => Promise<Payload>): Promise<Received> {
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > limits.maxBytes) throw new Problem('content-too-large', `The body is longer than ${limits.maxBytes} bytes`)
  const meter = openMeter(encoding, limits)
  const outcome: { measured?: Measured, failure?: Problem } = {}

  async function * measuredBody (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of chunks(request, limits.idleMs)) {
        await meter.write(chunk)
        yield chunk
      }
      outcome.measured = await meter.end()
    } catch (error) {
      outcome.failure = error instanceof Problem ? error : new Problem('malformed-request', 'The body broke off', { cause: error })
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

/** The request's chunks. Stopping early leaves the request alive, so that it can be answered. */
async function * chunks (request: IncomingMessage, idleMs: number): AsyncGenerator<Buffer> {
  const body = request.iterator({ destroyOnReturn: false })
  for (;;) {
    const next = await withDeadline(body.next(), idleMs, () => new Problem('request-timeout', `Nothing of the body came for ${idleMs} ms`))
    if (next.done) return
    yield next.value as Buffer
  }
}
