import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Metrics } from '../metrics/metrics.ts'
import type { Log } from './log.ts'
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
  childLoggerFactory: (log, _bindings, options, raw) =>
    new RequestLog(log, options as object, raw as IncomingMessage) as unknown as FastifyBaseLogger,
}

/** Most requests say nothing but their one line: their logger is made when it is first used. */
class RequestLog {
  readonly #make: () => FastifyBaseLogger
  #made: FastifyBaseLogger | undefined

  constructor (log: FastifyBaseLogger, options: object, raw: IncomingMessage) {
    this.#make = () => log.child(identityOf(raw), options) as FastifyBaseLogger
  }

  get #log (): FastifyBaseLogger {
    this.#made ??= this.#make()
    return this.#made
  }

  get level () { return this.#log.level }
  fatal (...args: [object, string?]): void { this.#log.fatal(...args) }
  error (...args: [object, string?]): void { this.#log.error(...args) }
  warn (...args: [object, string?]): void { this.#log.warn(...args) }
  info (...args: [object, string?]): void { this.#log.info(...args) }
  debug (...args: [object, string?]): void { this.#log.debug(...args) }
  trace (...args: [object, string?]): void { this.#log.trace(...args) }
  silent (...args: [object, string?]): void { this.#log.silent(...args) }
  child (bindings: object, options?: object) { return this.#log.child(bindings, options) }
}

function identityOf (raw: IncomingMessage): { requestId: string, traceId: string } {
  const { traceId, spanId } = traces.get(raw)!
  return { requestId: spanId, traceId }
}

const healthRoutes = new Set<string | undefined>(['/live', '/ready'])

/** One line and one observation for each request; what health checks ask is for debugging only, and not counted. */
export function tellRequests (app: FastifyInstance, log: Log, metrics: Metrics | undefined): void {
  // Nothing of a request line is ever to be taken out, and to look for it would take as long as to write it.
  const lines = log.child({}, { redact: { paths: [] } })
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { method, url, routeOptions: { url: route } } = request
    const status = reply.statusCode
    const ms = reply.elapsedTime
    const isHealth = healthRoutes.has(route)
    const { traceId, spanId: requestId } = traceOf(request)
    lines[isHealth ? 'debug' : 'info'](
      { requestId, traceId, method, route: route ?? null, url: url.length > 500 ? url.slice(0, 500) : url, status, ms: Math.round(ms * 10) / 10 }, 'request')
    if (metrics && !isHealth) {
      metrics.observe('freight_http_request_seconds', { method, route: route ?? 'none', status: String(status) }, ms / 1_000)
      if (status >= 500) metrics.count('freight_http_server_errors_total', {})
    }
    done()
  })
}
