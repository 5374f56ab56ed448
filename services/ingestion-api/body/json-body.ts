import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { Problem } from '../../../lib/http/problem.ts'
import { sendContinueForShortBody, requireJson } from './accepted-types.ts'
import { chunks, type TimeLimits } from './receive.ts'

/**
 * How routes read small JSON. The Content-Type of a request without content says nothing: clients set it on every request, and API gateways
 * add it where the length is 0. Such a request is answered as one without a Content-Type, unless the route needs a body.
 *
 * - A route without a schema of a body ignores content of any type: that of DELETE has no meaning (RFC 9110, 9.3.5).
 * - A route whose schema takes null reads JSON where there is content.
 * - Any other route reads JSON.
 */
export function readJsonBodies (app: FastifyInstance, limits: TimeLimits): void {
  // Content of a type that is left out of account, up to the limit of a body.
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

/** Answers 404 and 405 whatever type an empty body has: the framework reads the body first, and finds that it is not JSON. */
export const ignoreTypeOfEmptyBody: onRequestHookHandler = (request, _reply, done) => {
  const { 'content-length': length = 0, 'transfer-encoding': coding } = request.headers
  if (request.is404 && coding === undefined && Number(length) === 0) removeHeaders(request, 'content-type')
  done()
}

/** Whether there is a byte of content. The first chunk of a chunked body is read for that, and put back. Throws `request-timeout`. */
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

/** Without a type the framework reads content by the parser '*', and without a coding and a length it looks for none. */
function removeHeaders (request: FastifyRequest, ...names: Array<'content-type' | 'transfer-encoding'>): void {
  request.headers = Object.fromEntries(names.map(name => [name, undefined]))
}

/** The framework validates null where there is no body. */
const allowsNull = (schema: unknown): boolean => ((schema as { anyOf?: Array<{ type?: unknown }> }).anyOf ?? []).some(({ type }) => type === 'null')
