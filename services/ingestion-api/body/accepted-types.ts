import type { FastifyRequest, preParsingAsyncHookHandler } from 'fastify'
import { sendContinue } from '../../../lib/http/node/expect-continue.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { namedTypes, parseFormat } from './media.ts'

/** Refuses a request by its `Content-Type` if that is not a batch type, before the client sends the body. */
export const requireBatchType: preParsingAsyncHookHandler = async (request, _reply, body) => {
  if (hasBody(request) && parseFormat(request.headers['content-type']) === undefined) {
    throw refusal(`Content-Type must be ${namedTypes.join(', ')}, not ${quoteMediaType(request)}. With curl: -H 'Content-Type: text/csv' --data-binary @FILE`, namedTypes)
  }
  return body
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
