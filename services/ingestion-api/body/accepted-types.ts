import type { FastifyRequest, preParsingAsyncHookHandler } from 'fastify'
import { sendContinue } from '../../../lib/http/node/expect-continue.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { formBoundary } from '../form/read-form.ts'
import { describeBody } from './check-type.ts'
import { acceptPost, namedTypes, parseEncoding, parseFormat } from './media.ts'
import { chunks } from './receive.ts'

/** Longest wait for the first bytes of a body that is refused by its type, in ms. */
const peekMs = 1_000

/**
 * Refuses a request by its `Content-Type` if that is not a batch type. Says what the body looks like, or what its type is if the client
 * waits with the body for the response (`Expect`).
 */
export const requireBatchType: preParsingAsyncHookHandler = async (request, _reply, body) => {
  const type = request.headers['content-type']
  if (type !== undefined && mediaTypeOf(request) === '') request.headers = { 'content-type': undefined } // Fastify refuses an empty type
  if (!hasBody(request) || formBoundary(type) !== undefined || parseFormat(type) !== undefined) return body
  throw refusal(`Content-Type must be ${namedTypes.join(', ')}, or multipart/form-data, not ${quoteMediaType(request)}. ` +
    describeBody(type, await peek(request)) + "With curl: -F file=@FILE, or -H 'Content-Type: text/csv' --data-binary @FILE", acceptPost)
}

/** Returns the first bytes of the body; undefined if none arrive in time, and for a compressed body. */
async function peek ({ raw, headers }: FastifyRequest): Promise<Buffer | undefined> {
  if (headers.expect !== undefined || (parseEncoding(headers['content-encoding']) ?? 'gzip') === 'gzip') return undefined
  const first = await chunks(raw, { idleMs: peekMs, totalMs: peekMs }).next().catch(() => undefined)
  return first?.value ?? undefined
}

/** Requires JSON on a route whose body Fastify reads. Fastify also reads text, and then reports why the text is invalid. */
export function requireJson (request: FastifyRequest): void {
  if (!hasBody(request) || ['application/json', 'text/plain'].includes(mediaTypeOf(request))) return
  throw refusal(`Content-Type must be application/json, not ${quoteMediaType(request)}`, ['application/json'])
}

/** Sends 100 to a client that waits for it, unless Fastify will refuse the body for its length. */
export function sendContinueForShortBody ({ headers, raw, routeOptions }: FastifyRequest): void {
  if (Number(headers['content-length'] ?? 0) <= routeOptions.bodyLimit) sendContinue(raw)
}

/** Returns true if the request has a body. A Content-Type counts even if the body is empty, as in Fastify. */
function hasBody ({ headers, method }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  return headers['content-type'] !== undefined || headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const mediaTypeOf = ({ headers }: FastifyRequest): string => (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
const quoteMediaType = (request: FastifyRequest): string => JSON.stringify(mediaTypeOf(request).slice(0, 100))

const refusal = (detail: string, types: readonly string[]): Problem =>
  new Problem('unsupported-media-type', detail, { headers: { 'accept-post': types.join(', ') } })
