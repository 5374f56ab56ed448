import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { Problem } from '../../../lib/http/problem.ts'
import { sendContinueForShortBody, requireJson } from './accepted-types.ts'
import { chunks, type TimeLimits } from './receive.ts'

/**
 * Makes routes read small JSON bodies. The Content-Type of a request without content has no meaning: clients set it on every request,
 * and API gateways add it to requests of length 0. Such a request is handled as if it had no Content-Type, unless the route needs a body.
 *
 * - A route without a body schema ignores content of any type: content of DELETE has no meaning (RFC 9110, 9.3.5).
 * - A route whose schema accepts null reads JSON if there is content.
 * - Any other route reads JSON.
 */
export function readJsonBodies (app: FastifyInstance, limits: TimeLimits): void {
  // Reads ignored content, up to the body limit.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null))
  app.addHook('preParsing', async (request, _reply, payload) => {
    const schema = request.routeOptions.schema?.body
    if (!schema) removeHeaders(request, 'content-type')
    else if (allowsNull(schema) && !await hasContent(request, limits)) removeHeaders(request, 'content-type', 'transfer-encoding')
    else requireJson(request)
    sendContinueForShortBody(request)
    return payload
  })
}

/** Lets requests with an empty body and any type get 404 and 405: Fastify would read the body first and report that it is not JSON. */
export const ignoreTypeOfEmptyBody: onRequestHookHandler = (request, _reply, done) => {
  const { 'content-length': length = 0, 'transfer-encoding': coding } = request.headers
  if (request.is404 && coding === undefined && Number(length) === 0) removeHeaders(request, 'content-type')
  done()
}

/** Returns true if there is a byte of content. Reads the first chunk of a chunked body and puts it back. Throws `request-timeout`. */
async function hasContent ({ headers, raw }: FastifyRequest, limits: TimeLimits): Promise<boolean> {
  if (headers['transfer-encoding'] === undefined) return Number(headers['content-length'] ?? 0) > 0
  try {
    const { value: first, done } = await chunks(raw, limits).next()
    if (!done) raw.unshift(first)
    return !done
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('malformed-request', 'The connection closed before the body was complete', { cause: error })
  }
}

/** Removes headers. Without a type Fastify uses the parser '*'. Without a coding and a length it expects no content. */
function removeHeaders (request: FastifyRequest, ...names: Array<'content-type' | 'transfer-encoding'>): void {
  request.headers = Object.fromEntries(names.map(name => [name, undefined]))
}

/** Returns true if the schema accepts null, which Fastify validates if there is no body. */
const allowsNull = (schema: unknown): boolean => ((schema as { anyOf?: Array<{ type?: unknown }> }).anyOf ?? []).some(({ type }) => type === 'null')
