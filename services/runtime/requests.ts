import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Metrics } from '../metrics/metrics.ts'
import { continueTrace, type Trace } from './trace.ts'

const traces = new WeakMap<IncomingMessage, Trace>()

/** The trace that a request belongs to: the caller's, or one of its own. */
export const traceOf = (request: FastifyRequest): Trace => traces.get(request.raw)!

/** A request's id is its piece of the trace, and every line of its log names both. */
export const requestIdentity: Pick<FastifyServerOptions, 'genReqId' | 'requestIdHeader' | 'childLoggerFactory'> = {
  requestIdHeader: false,
  genReqId (raw) {
    const trace = continueTrace(raw.headers.traceparent)
    traces.set(raw as IncomingMessage, trace)
    return trace.spanId
  },
  childLoggerFactory: (log, _bindings, options, raw) => {
    const { traceId, spanId } = traces.get(raw as IncomingMessage)!
    return log.child({ requestId: spanId, traceId }, options as object) as FastifyBaseLogger
  },
}

const healthRoutes = new Set<string | undefined>(['/live', '/ready'])

/** One line and one observation for each request; what health checks ask is for debugging only, and not counted. */
export function tellRequests (app: FastifyInstance, metrics: Metrics | undefined): void {
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { method, url, routeOptions: { url: route } } = request
    const status = reply.statusCode
    const ms = reply.elapsedTime
    const isHealth = healthRoutes.has(route)
    request.log[isHealth ? 'debug' : 'info']({ method, route: route ?? null, url: url.slice(0, 500), status, ms: Math.round(ms * 10) / 10 }, 'request')
    if (metrics && !isHealth) {
      metrics.observe('freight_http_request_seconds', { method, route: route ?? 'none', status: String(status) }, ms / 1_000)
      if (status >= 500) metrics.count('freight_http_server_errors_total', {})
    }
    done()
  })
}
