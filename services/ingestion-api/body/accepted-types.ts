import type { FastifyRequest, preParsingAsyncHookHandler } from 'fastify'
import { sendContinue } from '../../../lib/http/node/expect-continue.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { formats } from './media.ts'

const batchTypes = Object.keys(formats)

/** Refuses what is no batch by its `Content-Type`, before the client is asked for the body. */
export const requireBatchType: preParsingAsyncHookHandler = async (request, _reply, body) => {
  if (hasBody(request) && !batchTypes.includes(mediaTypeOf(request))) {
    throw refusal(`Content-Type is ${batchTypes.join(', ')}, not ${quoteMediaType(request)}. With curl: -H 'Content-Type: text/csv' --data-binary @FILE`, batchTypes)
  }
  return body
}

/** The same for a route whose body is JSON that the framework reads. It reads text too, and then says what of it is wrong. */
export function requireJson (request: FastifyRequest): void {
  if (!hasBody(request) || ['application/json', 'text/plain'].includes(mediaTypeOf(request))) return
  throw refusal(`Content-Type is application/json, not ${quoteMediaType(request)}`, ['application/json'])
}

/** Asks a client that waits for it to send the body, unless the framework refuses it for its length. */
export function sendContinueForShortBody ({ headers, raw, routeOptions }: FastifyRequest): void {
  if (Number(headers['content-length'] ?? 0) <= routeOptions.bodyLimit) sendContinue(raw)
}

/** A Content-Type is looked at even where the body is empty, as the framework does. */
function hasBody ({ headers, method }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  return headers['content-type'] !== undefined || headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const mediaTypeOf = ({ headers }: FastifyRequest): string => (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
const quoteMediaType = (request: FastifyRequest): string => JSON.stringify(mediaTypeOf(request).slice(0, 100))

const refusal = (detail: string, types: readonly string[]): Problem =>
  new Problem('unsupported-media-type', detail, { headers: { 'accept-post': types.join(', ') } })
