import fastify, { LogController, type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, type HTTPMethods } from 'fastify'
import type { Metrics } from '../metrics/metrics.ts'
import { closeConnectionsOnShutdown } from './drain.ts'
import { deferContinue } from './node/expect-continue.ts'
import { isDatabaseUnavailable } from '../process/failures.ts'
import { requireHost } from './node/host-header.ts'
import { invalidParameters } from './invalid-parameters.ts'
import type { Log } from '../process/log.ts'
import { notFoundAt, refuseNonCanonicalPaths } from './node/canonical-path.ts'
import { Problem, type ProblemCode } from './problem.ts'
import { requestIdentity, requestIdOf, logRequests } from './request-log.ts'
import { closeUnreadBodies } from './node/unread-body.ts'

export type HttpOptions = {
  log: Log
  /** Counts requests, if given. */
  metrics?: Metrics
  /** Maximum JSON or text body that Fastify reads, in bytes. */
  bodyLimitBytes?: number
  /** Maximum time for a whole request to arrive, in ms. */
  requestTimeoutMs?: number
}

/** Creates a Fastify server with the conventions of this system: problem+json for every error, bounded input, graceful shutdown. */
export function buildServer ({ log, metrics, bodyLimitBytes = 65_536, requestTimeoutMs = 30_000 }: HttpOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }), // logRequests writes one line instead of two
    ...requestIdentity,
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000, // longer than a load balancer's idle timeout of 60 s, so that it never reuses a closing connection
    http: { headersTimeout: 15_000, maxHeaderSize: 16_384, requireHostHeader: false }, // requireHost answers with a problem
    // Reports every invalid parameter, and refuses unknown ones: by default Fastify stops at the first error and removes unknown parameters.
    ajv: { customOptions: { allErrors: true, removeAdditional: false, verbose: true } },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) => sendProblem(toProblem(error), request, reply),
    clientErrorHandler: rejectUnreadableRequest,
  })
  closeConnectionsOnShutdown(app)
  logRequests(app, log, metrics)
  closeUnreadBodies(app)
  deferContinue(app)
  requireHost(app)
  refuseNonCanonicalPaths(app)
  app.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    const problem = toProblem(error)
    if (problem.code === 'database-unavailable') metrics?.count('freight_db_unavailable_responses_total', {})
    if (problem.status >= 500) request.log[problem.status === 500 ? 'error' : 'warn']({ err: problem.cause ?? error }, problem.message)
    return sendProblem(problem, request, reply)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(notFound(app, request), request, reply))
  return app
}

export function sendProblem (problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(problem.status).headers(problem.headers).type('application/problem+json')
    .serializer(JSON.stringify).send(problem.body(requestIdOf(request)))
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const

function notFound (app: FastifyInstance, request: FastifyRequest): Problem {
  const path = request.url.split('?')[0]!
  const canonical = path.replace(/\/+$/, '')
  // "/batches/" also matches "/batches/:id" with an empty id, which has other methods.
  if (canonical !== path && app.findRoute({ method: request.method as HTTPMethods, url: canonical })) return notFoundAt(path, canonical)
  const allowed = methods.filter(method => app.findRoute({ method, url: path }))
  if (allowed.length === 0) return notFoundAt(path)
  return new Problem('method-not-allowed', `${path} takes ${allowed.join(', ')}`, { headers: { allow: allowed.join(', ') } })
}

const codesByStatus: Record<number, ProblemCode> = {
  400: 'malformed-request',
  404: 'not-found',
  408: 'request-timeout',
  413: 'content-too-large',
  414: 'malformed-request',
  415: 'unsupported-media-type',
  431: 'header-too-large',
}

/** Converts an error to a problem. Unexpected errors answer 500 without details. The log has the error. */
export function toProblem (error: Partial<FastifyError> | Problem): Problem {
  if (error instanceof Problem) return error
  if (isDatabaseUnavailable(error)) return new Problem('database-unavailable', 'The database cannot be reached; try again', { cause: error })
  if (error.validation) return invalidParameters(error.validation, error.validationContext)
  const code = codesByStatus[error.statusCode ?? 500]
  if (code) return new Problem(code, error.message ?? code)
  return new Problem('internal-error', 'The request failed; the log has the error under this id', { cause: error })
}

/** Writes the response to the socket itself, because Fastify has no request: the bytes are not HTTP, or the header is too large or too slow. */
function rejectUnreadableRequest (error: NodeJS.ErrnoException, socket: import('node:net').Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const problem = new Problem(codesByStatus[status]!, 'The request could not be read as HTTP')
  const body = JSON.stringify(problem.body())
  socket.end(`HTTP/1.1 ${status} Problem\r\nContent-Type: application/problem+json\r\nConnection: close\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
