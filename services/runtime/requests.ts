import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Metrics } from '../metrics/metrics.ts'
import type { Log } from './log.ts'
import { continueTrace, type Trace } from './trace.ts'

const ofTrace = Symbol('trace')
/** The trace is kept on the request itself: a table beside it would cost each request as much as its metrics. */
type Traced = IncomingMessage & { [ofTrace]?: Trace }

/** The trace that a request belongs to: the caller's, or one of its own. */
export const traceOf = (request: FastifyRequest): Trace => (request.raw as Traced)[ofTrace]!

/** A request's id is its piece of the trace, and every line of its log names both. */
export const requestIdentity: Pick<FastifyServerOptions, 'genReqId' | 'requestIdHeader' | 'childLoggerFactory'> = {
  requestIdHeader: false,
  genReqId (raw) {
    const trace = continueTrace(raw.headers.traceparent)
    const kept = raw as Traced
    kept[ofTrace] = trace
    return trace.spanId
  },
  childLoggerFactory: (log, _bindings, options, raw) =>
    new RequestLog(log, options as object, (raw as Traced)[ofTrace]!) as unknown as FastifyBaseLogger,
}

/** Most requests say nothing but their one line: their logger is made when it is first used. */
class RequestLog {
  readonly #whole: FastifyBaseLogger
  readonly #options: object
  readonly #trace: Trace
  #own: FastifyBaseLogger | undefined

  constructor (whole: FastifyBaseLogger, options: object, trace: Trace) {
    this.#whole = whole
    this.#options = options
    this.#trace = trace
  }

  get #log (): FastifyBaseLogger {
    this.#own ??= this.#whole.child({ requestId: this.#trace.spanId, traceId: this.#trace.traceId }, this.#options) as FastifyBaseLogger
    return this.#own
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
